"""What is normal at a pier: how often it is visited, at what hours, in what bursts."""

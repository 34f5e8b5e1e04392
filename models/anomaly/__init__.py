"""What fits no habit of this coast: isolation forest, tail probabilities, conformal p-values."""

"""Where frames come from, live: one thread a feed, each with a bounded inbox of its own."""

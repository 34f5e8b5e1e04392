"""`pierwatch play`: a recording's frames sent over the real protocols, as its sensors would."""

"""Laws of sequences whose positions are noised each by itself, and what becomes of them."""

"""Numbers: rationals, integer matrices over one denominator, and exact sums of logarithms."""

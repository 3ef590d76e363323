"""Reference arrays, to be held beside other people's code.

rounding    balls → the floats nearest to the numbers in them, or more bits
at_time     laws and matrices at one time
arrays      a scenario → NumPy arrays, each entry correctly rounded
export      the same as a file, and a test that loads it
formulas    the textbook's formulas with one habit inside them
"""

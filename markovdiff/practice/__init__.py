"""What practical code makes of a chain's numbers: the textbook's formulas, in other arithmetics and with habits.

formats     number formats: float64, float32, float16, bfloat16, each operation rounded once; and balls, which are exact
recipe      how code is written: its number format, what it does to a probability, how it adds the terms up
habits      the habits by name, one record each
textbook    I(x0;x_t), the terms of L and NLL by the formulas that people type, for any recipe
"""

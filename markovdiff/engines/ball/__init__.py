"""Ball arithmetic: enclosures whose digits are relative at every t."""

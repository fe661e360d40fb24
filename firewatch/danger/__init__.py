"""Fire danger: a day's weather to moisture codes, to indices, to a rating."""

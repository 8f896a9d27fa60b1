"""Counting answers: columns of codes, one day after the other, so that any filter over millions is answered at once."""

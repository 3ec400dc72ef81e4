"""What in a module could give two engines two answers, and what closes each of these.

Nothing here runs a module: it is read, and each file answers one question about it.
"""

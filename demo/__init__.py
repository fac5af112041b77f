"""A small market on loopback, and the run of `markwatch demo` over it: same code path as real use.

Nothing here is a real seller or company. The goods, shops and most rights are invented; of the two real GI names only
the name, the kind of goods and the place are given, and every registration detail that was not verified is empty.
"""

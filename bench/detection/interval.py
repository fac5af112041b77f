"""The interval of a share."""


def wilson(found: int, tried: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if not tried:
        return 0.0, 1.0
    p = found / tried
    middle = (p + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z * (p * (1 - p) / tried + z * z / (4 * tried * tried)) ** 0.5 / (1 + z * z / tried)
    return max(0.0, middle - half), min(1.0, middle + half)

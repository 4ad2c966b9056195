"""Sets of points with whole coordinates, coded down a k-d tree."""

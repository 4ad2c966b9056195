"""Files at URLs, by way of fsspec, which is imported when there is one: read in parts or whole, listed, and written."""

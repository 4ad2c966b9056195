"""The verbs, one module each: compress, encode, decode, open, inspect, verify, evaluate."""

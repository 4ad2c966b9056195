"""The verbs, one module each: compress, encode, decode, open, inspect, verify, evaluate; and the parts of evaluate."""

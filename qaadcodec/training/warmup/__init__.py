"""The paper's warm-up."""

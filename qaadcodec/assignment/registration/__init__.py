"""From a first guess of where the rows of Q lie in a cloud to places on its surface, evenly spread."""

"""Registration: where every row of Q lies in every cloud, found before anything is learnt for the archive."""

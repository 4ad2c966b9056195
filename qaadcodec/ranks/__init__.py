"""Several processes that learn one set: what each of them has, and how they agree, fail and are started"""

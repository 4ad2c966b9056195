"""What is noticed of a set before it is learnt: other units, places, shapes, flying points, repeated clouds."""

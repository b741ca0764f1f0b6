"""HL7's own validator, as HAPI publishes it, asked from Python: the jars it consists of, and the question put to it."""

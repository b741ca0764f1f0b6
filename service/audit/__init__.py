"""What is remembered: records of deeds, the Merkle log that seals them, and its verification. Pure."""

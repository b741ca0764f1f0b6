"""SMART App Launch 2.2, protocol only: launch, tokens, keys and scopes, as values in and values out."""

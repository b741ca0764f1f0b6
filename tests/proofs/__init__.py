"""Figures by command: what `make prove P=name N=times SEED=number` runs.

A proof is a module of this folder with a function `prove(n, seed, report) -> Figures`. The first line of its docstring
says what it proves; `DEFAULT_N` is how often it does so when nobody says, `CI_N` how often within the tests;
`NEEDS` names the real parts (tests/parts.py) it cannot do without. Proofs
live apart from tests because what they give is a number with a bar, which somebody may want from a thousand runs.
"""

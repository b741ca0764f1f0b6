"""The requirements of the standards that bind us, each in a file of its own: smart/, sdc/ and rest/.

`smart/test_b_05.py` is requirement B-05 of the SMART sheet. The first paragraph of its docstring is the requirement in
our words, ending with its source in brackets; its tests show that we keep it. `sheet.toml` beside it lists every id.
"""

"""Comment tables: the ISO commenting template and its kin, in and out.

`columns` knows the template; `reading` turns a file into rows; `bringing` makes
comments of them; `writing` gives a round's comments as CSV, XLSX, DOCX or JSONL.
"""

"""The rules: plain typed functions of a session and keywords. They flush and never commit, and know no HTTP."""

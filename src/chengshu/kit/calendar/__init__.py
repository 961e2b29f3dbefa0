"""Working time: weekly hours, holidays, make-up days, and the limits counted in them.

``working.load`` builds a ``Calendar`` from a TOML file or from the same mapping in the database:

    time_zone = "Asia/Shanghai"
    notices = ["cn-2025", "cn-2026"]              # files of data/, see below
    make_up_hours = ["09:00-12:00"]               # default: the hours of the first working day
    make_up = [2026-03-14]                        # working days of the place itself

    [weekly]
    monday = ["08:30-12:00", "14:00-18:00"]       # a day left out is free; "24:00" ends a day

    [holidays]
    2026-03-12 = "Founding day"                   # free days of the place itself

A notice is a yearly arrangement of public holidays; ``holidays.load`` reads one that is imported:

    year = 2025
    title = "…"
    number = "国办发明电〔2024〕12号"               # the source
    issued_on = 2024-11-12

    [[holiday]]
    name = "春节"
    first = 2025-01-28
    last = 2025-02-04
    make_up = [2025-01-26, 2025-02-08]

The package holds the notices of the State Council for 2024, 2025 and 2026, each read against its
full text. Days of a year without a notice follow the weekly hours alone: ask ``Calendar.covers``.
"""

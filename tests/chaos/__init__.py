"""Many people, both languages, and a seeded plan of everything that can go wrong. `make chaos`, `make outages`.

`plan` and `people` decide beforehand what happens, from a seed alone; `strikes` does it to a running hotline; `record`
collects what there is to see from outside and in the tables; `judge` says what of it must not be.
"""

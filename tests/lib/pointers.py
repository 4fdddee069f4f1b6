#!/usr/bin/env python3
"""pointers.py OBJECT STRUCT: the members of a struct that are pointers, as paths, one a line. By what the compiler says
in the object (readelf); it is compiled with -g. Those of structs inside, unions too, are among them; what is behind a
pointer is not."""
import re, subprocess, sys

entries, stack = {}, []
for line in subprocess.run(["readelf", "--wide", "--debug-dump=info", sys.argv[1]], capture_output=True, text=True,
                           check=True).stdout.splitlines():
    found = re.match(r"\s*<([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: \d+ \(DW_TAG_(\w+)\)", line)
    if found:
        depth, at, tag = int(found[1], 16), int(found[2], 16), found[3]
        entry = entries[at] = {"tag": tag, "members": []}
        del stack[depth:]
        if stack:
            stack[-1]["members"].append(entry)
        stack.append(entry)
        continue
    found = re.match(r"\s*<[0-9a-f]+>\s+DW_AT_(name|type)\s*:(.*)", line)
    if found and stack: # what stands before a name or a type, its form, differs between versions of readelf
        type_at = re.search(r"<0x([0-9a-f]+)>", found[2])
        stack[-1][found[1]] = int(type_at[1], 16) if found[1] == "type" else found[2].split()[-1]


def pointers(struct, path):
    for member in struct["members"]:
        if member["tag"] != "member":
            continue
        kind = entries[member["type"]]
        while kind["tag"] in ("typedef", "const_type", "volatile_type", "atomic_type", "array_type") and "type" in kind:
            kind = entries[kind["type"]]
        name = path + ([member["name"]] if "name" in member else [])
        if kind["tag"] == "pointer_type":
            yield ".".join(name)
        elif kind["tag"] in ("structure_type", "union_type"):
            yield from pointers(kind, name)


wanted = [e for e in entries.values() if e["tag"] == "structure_type" and e.get("name") == sys.argv[2] and e["members"]]
if not wanted:
    sys.exit(f"pointers.py: no struct {sys.argv[2]} in {sys.argv[1]}")
print("\n".join(pointers(wanted[0], [])))

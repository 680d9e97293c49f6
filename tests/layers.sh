#!/bin/sh
# SPDX-License-Identifier: MIT
# layers.sh [DIR]: fails when a file includes what its folder may not see. CONTRIBUTING.md has the
# table; this is its other half.
cd "${1:-$(dirname "$0")/..}" || exit 1

find base graph cl io models engine cli -name '*.[ch]' -exec grep -Hn '^ *# *include' {} + |
    awk '
    BEGIN {
        # What each folder may include: folders, or single headers.
        may["base"] = "base"
        may["graph"] = "base graph"
        may["cl"] = "base cl"
        may["io"] = "base io"
        may["models"] = "base graph io models"
        may["engine/op"] = "base graph engine/op engine/plan.h"
        may["engine"] = "base graph cl io engine"
        may["cli"] = "base graph cl io engine models cli"
        # Libraries that one folder keeps to itself, by the beginning of a header.
        only["CL/"] = "cl"
        only["clblast"] = "cl"
        only["xxh"] = "cl"
        only["libav"] = "io"
        only["libsw"] = "io"
        only["jansson"] = "io"
        only["onnx"] = "models"
        only["protobuf-c"] = "models"
    }
    function folder_of(path) {
        return path ~ /^engine\/op\// ? "engine/op" : substr(path, 1, index(path, "/") - 1)
    }
    {
        split($0, part, ":")
        at = part[1] ":" part[2]
        folder = folder_of(part[1])
        header = $0
        sub(/^[^<"]*[<"]/, "", header)
        sub(/[>"].*/, "", header)
        files++
        for (name in only)
            if ($0 ~ /</ && index(header, name) == 1 && only[name] != folder) {
                print at ": " header " belongs to " only[name] "/ alone"
                bad = 1
            }
        if ($0 !~ /"/)
            next
        if (header !~ /\//) {
            print at ": \"" header "\": paths begin at the top folder"
            bad = 1
            next
        }
        n = split(may[folder], allowed, " ")
        for (i = 1; i <= n; i++)
            if (header == allowed[i] || folder_of(header) == allowed[i])
                break
        if (i > n) {
            print at ": " folder "/ may not include " header
            bad = 1
        }
    }
    END {
        if (files < 100) {
            print "only " files " includes found: is this the top folder?"
            bad = 1
        }
        exit bad
    }'

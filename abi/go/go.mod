module hashmux.org/host

go 1.21

// SPDX-License-Identifier: MIT OR Apache-2.0

// What one OnShare costs through cgo, in processor time: the median of some rounds. abi/rust/examples/overhead.rs times a
// direct call. Usage: overhead PATH/hashmux.so
package main

import (
	"fmt"
	"log"
	"os"
	"sort"
	"syscall"

	hashmux "hashmux.org/host"
)

const (
	channels = 1000
	shares   = 200_000
	rounds   = 41
	start    = uint64(1_000_000_000)
	config   = "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 100\npriority = 1\n"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// cpuNs is the processor time of this process: a busy machine does not change it.
func cpuNs() float64 {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

func main() {
	plugin, err := hashmux.Load(os.Args[len(os.Args)-1], hashmux.CapReassign|hashmux.CapShareWork)
	must(err)
	mux, err := plugin.Create(hashmux.Options{ConfigText: config}, start)
	must(err)
	must(mux.OnUpstream(start, 1, &hashmux.UpstreamState{State: hashmux.Up, HasJob: hashmux.Yes}))
	var cookies [channels]uint64
	for i := range cookies {
		number := uint64(i + 1)
		opened, err := mux.OnChannelOpen(start, &hashmux.ChannelOpen{Channel: number, Connection: number,
			Kind: hashmux.Standard, NominalHashrate: 100e12})
		must(err)
		cookies[i] = opened.Cookie
	}
	var times []float64
	for n := uint64(0); n < rounds; n++ {
		begin := cpuNs()
		for i := uint64(0); i < shares; i++ {
			channel := i % channels
			must(mux.OnShare(start+n*shares+i, &hashmux.Share{Channel: channel + 1, Cookie: cookies[channel],
				Upstream: 1, Verdict: hashmux.Accepted, Count: 1, Work: 232831}))
		}
		times = append(times, (cpuNs()-begin)/shares)
	}
	sort.Float64s(times)
	fmt.Printf("Go %.1f ns\n", times[rounds/2])
}

// SPDX-License-Identifier: MIT OR Apache-2.0

// From nothing to a decision. Usage: first PATH/hashmux.so
package main

import (
	"fmt"
	"log"
	"os"

	hashmux "hashmux.org/host"
)

const config = "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n" +
	"[upstream.beta]\naddress = b.example\nport = 3333\npercentage = 40\npriority = 2\n"

func main() {
	now := uint64(1_000_000_000) // a real host: a monotonic clock
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	plugin, err := hashmux.Load(os.Args[len(os.Args)-1], hashmux.CapReassign|hashmux.CapShareWork)
	must(err)
	// A real host puts 32 random bytes into Options.Seed.
	mux, err := plugin.Create(hashmux.Options{ConfigText: config}, now)
	must(err)
	defer mux.Destroy()
	pools, err := mux.Upstreams()
	must(err)
	for _, pool := range pools { // connect to each; then it is up
		must(mux.OnUpstream(now, pool.Number, &hashmux.UpstreamState{State: hashmux.Up, HasJob: hashmux.Yes}))
	}
	opened, err := mux.OnChannelOpen(now, &hashmux.ChannelOpen{Channel: 1, Connection: 1,
		Kind: hashmux.Standard, NominalHashrate: 100e12})
	must(err)
	fmt.Println("channel 1 opens on upstream", opened.Upstream)
	// And its pool dies.
	must(mux.OnUpstream(now, opened.Upstream, &hashmux.UpstreamState{State: hashmux.Down, Reason: hashmux.Lost}))
	now += 1_000_000_000
	must(mux.OnTick(now, 0, func(d hashmux.Decision) error {
		fmt.Println("channel", d.Channel, "goes from", d.From, "to", d.To)
		return nil
	}))
}

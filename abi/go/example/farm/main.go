// SPDX-License-Identifier: MIT OR Apache-2.0

// The farm of tests/embed/farm.c through package hashmux: from the same seed the same lines.
// Usage: farm PATH/hashmux.so [SEED]
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"

	hashmux "hashmux.org/host"
)

const (
	second  = uint64(1_000_000_000)
	miners  = 24
	seconds = 3600
	config  = "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n" +
		"[upstream.beta]\naddress = b.example\nport = 3333\npercentage = 30\npriority = 2\n" +
		"[upstream.gamma]\naddress = c.example\nport = 3333\npercentage = 10\npriority = 3\n"
)

type miner struct {
	cookie     uint64
	difficulty float64
	at         uint32
	prefix     []byte
}

type farm struct {
	mux      *hashmux.Instance
	out      *bufio.Writer
	now      uint64
	state    uint64
	answered uint64
	miners   [miners]miner
}

func (f *farm) draw() uint64 { // xorshift64*
	f.state ^= f.state >> 12
	f.state ^= f.state << 25
	f.state ^= f.state >> 27
	return f.state * 2685821657736338717
}

func (f *farm) reportPool(upstream uint32, state hashmux.State) error {
	s := hashmux.UpstreamState{State: state, Reason: hashmux.Lost}
	if state == hashmux.Up {
		s = hashmux.UpstreamState{State: state, HasJob: hashmux.Yes, ExtranonceSize: 16,
			ExtranoncePrefix: []byte{byte(upstream), 0xa0}}
	}
	return f.mux.OnUpstream(f.now, upstream, &s)
}

func (f *farm) connect() error {
	pools, err := f.mux.Upstreams()
	for _, p := range pools {
		fmt.Fprintf(f.out, "upstream %d %s %s:%d\n", p.Number, p.ID, p.Address, p.Port)
		if err == nil {
			err = f.reportPool(p.Number, hashmux.Up)
		}
	}
	return err
}

func (f *farm) openChannels() error {
	for i := uint64(1); i <= miners; i++ {
		rate := 50e12 + 10e12*float64(i%10)
		open := hashmux.ChannelOpen{Channel: i, Connection: i, Kind: hashmux.Standard, NominalHashrate: rate,
			UserIdentity: fmt.Sprintf("farm.w%02d", i)}
		if i%3 != 0 {
			open.Kind, open.MinExtranonceSize, open.ExtranonceSize = hashmux.Extended, 8, 8
		}
		opened, err := f.mux.OnChannelOpen(f.now, &open)
		if err != nil {
			return err
		}
		f.miners[i-1] = miner{opened.Cookie, rate * 10.0 / 4295032833.0, opened.Upstream, opened.Prefix}
		fmt.Fprintf(f.out, "open %d on %d prefix %x\n", i, opened.Upstream, opened.Prefix)
	}
	return nil
}

func (f *farm) reportShare(channel uint64, verdict hashmux.Verdict) error {
	m := &f.miners[channel-1]
	return f.mux.OnShare(f.now, &hashmux.Share{Channel: channel, Cookie: m.cookie, Upstream: m.at,
		Verdict: verdict, Count: 1, Work: m.difficulty})
}

func (f *farm) mine() error {
	for channel := uint64(1); channel <= miners; channel++ {
		if f.draw()%10 != 0 || f.miners[channel-1].at == 0 {
			continue
		}
		if err := f.reportShare(channel, hashmux.Submitted); err != nil {
			return err
		}
		verdict := hashmux.Accepted
		if f.draw()%100 == 0 {
			verdict = hashmux.RejectedStale
		}
		if err := f.reportShare(channel, verdict); err != nil {
			return err
		}
	}
	return nil
}

func (f *farm) carryOut(at uint32, d hashmux.Decision) error {
	m := &f.miners[d.Channel-1]
	old := *m
	fmt.Fprintf(f.out, "%d decision %d channel %d from %d to %d style %d reason %d prefix %x\n", at,
		d.Decision, d.Channel, d.From, d.To, d.Style, d.Code, d.Prefix)
	answer := hashmux.Outcome{Decision: d.Decision, Channel: d.Channel, Cookie: d.Cookie, From: d.From,
		To: d.From, Result: hashmux.ResultRefused}
	f.answered++
	if f.answered%13 == 0 {
		return f.mux.OnReassign(f.now, &answer)
	}
	m.at, m.prefix = d.To, d.Prefix
	answer.To, answer.Result, answer.Prefix = d.To, hashmux.ResultApplied, d.Prefix
	if err := f.mux.OnReassign(f.now, &answer); err != nil {
		return err
	}
	return f.mux.OnReassign(f.now, &hashmux.Outcome{Channel: d.Channel, From: d.From,
		Result: hashmux.ResultDrained, Prefix: old.prefix})
}

func (f *farm) run() error {
	for at := uint32(1); at <= seconds; at++ {
		f.now += second
		err := f.mine()
		switch {
		case err != nil:
		case at == 1200:
			err = f.reportPool(1, hashmux.Down)
		case at == 1500:
			err = f.reportPool(1, hashmux.Up)
		case at == 2000:
			err = f.mux.SetTargets(f.now, []hashmux.Target{
				{Upstream: 1, Percentage: 50}, {Upstream: 2, Percentage: 30}, {Upstream: 3, Percentage: 20}})
		}
		if err == nil {
			err = f.mux.OnTick(f.now, 0, func(d hashmux.Decision) error { return f.carryOut(at, d) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *farm) end() error {
	s, err := f.mux.Snapshot()
	if err != nil {
		return err
	}
	for _, u := range s.Upstreams {
		fmt.Fprintf(f.out, "%s channels %d submitted %d accepted %d rejected %d\n", u.ID, u.Channels,
			u.Submitted, u.Accepted, u.RejectedStale)
	}
	fmt.Fprintf(f.out, "decisions %d applied %d refused %d\n", s.Decisions, s.MovesApplied, s.MovesRefused)
	bytes, err := f.mux.Save()
	if err != nil {
		return err
	}
	hash := uint64(14695981039346656037)
	for _, b := range bytes {
		hash = (hash ^ uint64(b)) * 1099511628211
	}
	fmt.Fprintf(f.out, "state %d bytes %016x\n", len(bytes), hash)
	fmt.Fprintf(f.out, "blocks left %d\n", f.mux.Destroy())
	return f.out.Flush()
}

func run(path string, seed uint64) error {
	plugin, err := hashmux.Load(path, hashmux.CapReassign|hashmux.CapShareWork|hashmux.CapExtranonce|
		hashmux.CapDrainReport|hashmux.CapSoftMove)
	if err != nil {
		return err
	}
	o := hashmux.Options{ConfigText: config, HostName: "farm"}
	binary.LittleEndian.PutUint64(o.Seed[:], seed)
	mux, err := plugin.Create(o, second)
	if err != nil {
		return err
	}
	f := &farm{mux: mux, out: bufio.NewWriter(os.Stdout), now: second, state: seed*2 + 1}
	for _, step := range []func() error{f.connect, f.openChannels, f.run, f.end} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: farm PATH/hashmux.so [SEED]")
		os.Exit(2)
	}
	seed := uint64(1)
	if len(os.Args) > 2 {
		seed, _ = strconv.ParseUint(os.Args[2], 10, 64)
	}
	if err := run(os.Args[1], seed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// SPDX-License-Identifier: MIT OR Apache-2.0

// Package hashmux is a host of hashmux plugins, which decide which Stratum V2 mining channel works
// for which pool. The host reports facts and carries the answers out; what each fact means is told
// in abi/hmx_abi.h.
//
// An Instance is one serial executor: use it from one goroutine at a time. The callbacks of Options
// run on the caller's goroutine, inside the call, and must not call the instance.
package hashmux

/*
#cgo CFLAGS: -std=c11 -D_POSIX_C_SOURCE=200809L
#cgo LDFLAGS: -ldl
#include "calls.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// Error is a refusal: the contract's status and a sentence.
type Error struct {
	Status int32
	Why    string
}

func (e *Error) Error() string { return e.Why }

// The contract's statuses.
const (
	ErrInvalid     = int32(C.HMX_E_INVALID)
	ErrUnsupported = int32(C.HMX_E_UNSUPPORTED)
	ErrNoMem       = int32(C.HMX_E_NOMEM)
	ErrLimit       = int32(C.HMX_E_LIMIT)
	ErrState       = int32(C.HMX_E_STATE)
	ErrConfig      = int32(C.HMX_E_CONFIG)
	ErrCorrupt     = int32(C.HMX_E_CORRUPT)
	ErrIO          = int32(C.HMX_E_IO)
	ErrFatal       = int32(C.HMX_E_FATAL) // and below: only Destroy may follow
)

// Caps is what a host offers.
type Caps uint64

// What a host may offer: HMX_CAP_* of the contract.
const (
	CapReassign    Caps = C.HMX_CAP_REASSIGN
	CapShareWork   Caps = C.HMX_CAP_SHARE_WORK
	CapExtranonce  Caps = C.HMX_CAP_EXTRANONCE
	CapDrainReport Caps = C.HMX_CAP_DRAIN_REPORT
	CapSoftMove    Caps = C.HMX_CAP_SOFT_MOVE
	CapReopen      Caps = C.HMX_CAP_REOPEN
)

// check turns a negative status into an error; a positive one is success with a remark.
func check(status C.hmx_status, what string) error {
	if status < 0 {
		return &Error{int32(status), fmt.Sprintf("%s answers status %d", what, status)}
	}
	return nil
}

// Plugin is a loaded plugin. It is never unloaded: its tables live in the library.
type Plugin struct {
	ID, Name, Version string
	caps              Caps
	ops               C.hmx_ops
}

// Load loads the plugin at path for a host that offers caps. It runs the library's code in this
// process: load only what you trust.
func Load(path string, caps Caps) (*Plugin, error) {
	cPath := C.CString(path)
	defer C.free(unsafe.Pointer(cPath))
	runtime.LockOSThread() // dlerror belongs to the thread
	defer runtime.UnlockOSThread()
	library := C.dlopen(cPath, C.RTLD_NOW|C.RTLD_LOCAL)
	if library == nil {
		return nil, &Error{ErrIO, C.GoString(C.dlerror())}
	}
	name := C.CString(C.HMX_ENTRY_SYMBOL)
	defer C.free(unsafe.Pointer(name))
	symbol := C.dlsym(library, name)
	if symbol == nil {
		return nil, &Error{ErrInvalid, path + " is no hashmux plugin"}
	}
	d := C.call_entry(symbol)
	switch {
	case d == nil || d.size < C.HMX_DESCRIPTOR_SIZE_VER0 || d.magic != C.HMX_ABI_MAGIC ||
		d.abi_major != C.HMX_ABI_MAJOR || d.ops == nil:
		return nil, &Error{ErrInvalid, path + " is no plugin of contract version 1"}
	case d.min_host_minor > C.HMX_ABI_MINOR:
		return nil, &Error{ErrUnsupported, path + " needs a newer host"}
	case d.needs&^C.uint64_t(caps) != 0:
		return nil, &Error{ErrUnsupported, path + " needs capabilities that this host lacks"}
	}
	p := &Plugin{C.GoString(d.id), C.GoString(d.name), C.GoString(d.version), caps, C.ops_of(d)}
	if p.ops.create == nil || p.ops.destroy == nil {
		return nil, &Error{ErrInvalid, path + " lacks a required hook"}
	}
	return p, nil
}

// Options is what an instance is made with: exactly one of ConfigText and ConfigPath.
type Options struct {
	ConfigText, ConfigPath string
	Seed                   [32]byte // all randomness of the instance: at random in production
	UnixMs                 uint64
	ChannelsMax            uint32 // 0 = 65536
	InstanceIndex          uint32
	InstanceCount          uint32
	HostName, HostVersion  string
	Log                    func(level uint32, line string) // 1 error, 2 warn, 3 info, 4 debug
	Audit                  func(json string)
	RequestTick            func()
}

// Instance is one instance of a plugin.
type Instance struct {
	plugin *Plugin
	self   *C.hmx_instance
	host   *C.go_host
	handle cgo.Handle
	now    uint64
	seq    uint64
	rows   []C.hmx_decision // reused by each tick; an object of its own, without Go pointers
}

// sentence is room for the reason of a refusal, in C memory.
type sentence struct{ text *C.hmx_text }

const sentenceSize = 8192

func newSentence() sentence {
	t := (*C.hmx_text)(C.calloc(1, C.sizeof_hmx_text+sentenceSize))
	t.size = C.sizeof_hmx_text
	t.data = (*C.char)(unsafe.Add(unsafe.Pointer(t), C.sizeof_hmx_text))
	t.capacity = sentenceSize
	return sentence{t}
}

// check ends it.
func (s sentence) check(status C.hmx_status, what string) error {
	defer C.free(unsafe.Pointer(s.text))
	if status < 0 && s.text.len > 0 {
		return &Error{int32(status), C.GoStringN(s.text.data, C.int(s.text.len))}
	}
	return check(status, what)
}

// view shows a Go string to C; pin keeps it where it is during the call.
func view(pin *runtime.Pinner, text string) C.hmx_view {
	if text == "" {
		return C.hmx_view{}
	}
	data := unsafe.StringData(text)
	pin.Pin(data)
	return C.hmx_view{data: unsafe.Pointer(data), len: C.uint64_t(len(text))}
}

func flag(is bool) C.int {
	if is {
		return 1
	}
	return 0
}

// Create makes an instance; nowNs is the monotonic clock.
func (p *Plugin) Create(o Options, nowNs uint64) (*Instance, error) {
	in := &Instance{plugin: p, now: nowNs, rows: make([]C.hmx_decision, 64)}
	in.handle = cgo.NewHandle(&o)
	in.host = C.go_host_new(C.uintptr_t(in.handle), C.uint64_t(p.caps), C.CString(o.HostName),
		C.CString(o.HostVersion), flag(o.Log != nil), flag(o.Audit != nil), flag(o.RequestTick != nil))
	if in.host == nil {
		in.handle.Delete()
		return nil, &Error{ErrNoMem, "out of memory"}
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	why := newSentence()
	args := C.hmx_create_args{size: C.sizeof_hmx_create_args, now_ns: C.uint64_t(nowNs),
		unix_ms: C.uint64_t(o.UnixMs), channels_max: C.uint32_t(o.ChannelsMax),
		instance_index: C.uint32_t(o.InstanceIndex), instance_count: C.uint32_t(o.InstanceCount),
		config_text: view(&pin, o.ConfigText), config_path: view(&pin, o.ConfigPath), why: why.text}
	for i, b := range o.Seed {
		args.seed[i] = C.uint8_t(b)
	}
	status := C.call_create(&p.ops, in.host, &args, &in.self)
	if err := why.check(status, "create"); err != nil {
		C.go_host_free(in.host)
		in.handle.Delete()
		return nil, err
	}
	return in, nil
}

// Destroy ends it. It returns how many blocks of memory it left behind: 0 with a sound plugin.
func (in *Instance) Destroy() int64 {
	if in.self == nil {
		return 0
	}
	C.call_destroy(&in.plugin.ops, in.self)
	left := int64(in.host.blocks)
	C.go_host_free(in.host)
	in.handle.Delete()
	in.self = nil
	return left
}

// stamp makes the head of an event; time never decreases.
func (in *Instance) stamp(nowNs uint64, size uintptr, flags uint32) C.hmx_event {
	if nowNs > in.now {
		in.now = nowNs
	}
	in.seq++
	return C.hmx_event{size: C.uint32_t(size), flags: C.uint32_t(flags), now_ns: C.uint64_t(in.now),
		seq: C.uint64_t(in.seq)}
}

// Upstreams tells the pools to connect to: ask after Create and after each Reconfigure.
func (in *Instance) Upstreams() ([]Upstream, error) {
	rows := make([]C.hmx_upstream_info, C.HMX_UPSTREAMS_MAX)
	for i := range rows {
		rows[i].size = C.sizeof_hmx_upstream_info
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&rows[0])
	table := C.hmx_upstream_table{size: C.sizeof_hmx_upstream_table, stride: C.sizeof_hmx_upstream_info,
		capacity: C.HMX_UPSTREAMS_MAX, rows: &rows[0]}
	if err := check(C.call_upstreams(&in.plugin.ops, in.self, &table), "upstreams"); err != nil {
		return nil, err
	}
	var out []Upstream
	for i := 0; i < int(table.count) && i < len(rows); i++ {
		out = append(out, upstreamOf(&rows[i]))
	}
	return out, nil
}

// OnUpstream: a pool's connection or facts changed.
func (in *Instance) OnUpstream(nowNs uint64, upstream uint32, s *UpstreamState) error {
	e := C.hmx_upstream_event{upstream: C.uint32_t(upstream), state: C.uint32_t(s.State),
		reason: C.uint32_t(s.Reason), extranonce_size: C.uint32_t(s.ExtranonceSize),
		has_job: C.uint32_t(s.HasJob), version_rolling: C.uint32_t(s.VersionRolling),
		fixed_version: C.uint32_t(s.FixedVersion), tip_nbits: C.uint32_t(s.TipNbits)}
	e.event = in.stamp(nowNs, unsafe.Sizeof(e), 0)
	e.extranonce_prefix_len = setPrefix(&e.extranonce_prefix, s.ExtranoncePrefix)
	copy32(&e.target, &s.Target)
	copy32(&e.tip_prev_hash, &s.TipPrevHash)
	return check(C.call_on_upstream(&in.plugin.ops, in.self, &e), "on_upstream")
}

// OnChannelOpen: a channel wants to open: where?
func (in *Instance) OnChannelOpen(nowNs uint64, o *ChannelOpen) (Opened, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	e := C.hmx_channel_open{channel: C.uint64_t(o.Channel), connection: C.uint64_t(o.Connection),
		kind: C.uint32_t(o.Kind), honours_prefix: C.uint32_t(o.HonoursPrefix),
		flags: C.uint32_t(o.Flags), min_extranonce_size: C.uint32_t(o.MinExtranonceSize),
		extranonce_size: C.uint32_t(o.ExtranonceSize), current_upstream: C.uint32_t(o.CurrentUpstream),
		nominal_hashrate: C.double(o.NominalHashrate), upstreams_allowed: C.uint64_t(o.UpstreamsAllowed),
		user_identity: view(&pin, o.UserIdentity), vendor: view(&pin, o.Vendor),
		hardware: view(&pin, o.Hardware), firmware: view(&pin, o.Firmware)}
	e.event = in.stamp(nowNs, unsafe.Sizeof(e), 0)
	e.extranonce_prefix_len = setPrefix(&e.extranonce_prefix, o.ExtranoncePrefix)
	copy32(&e.max_target, &o.MaxTarget)
	d := C.hmx_channel_decision{size: C.sizeof_hmx_channel_decision}
	status := C.call_on_channel_open(&in.plugin.ops, in.self, &e, &d)
	if err := check(status, "on_channel_open"); err != nil {
		return Opened{}, err
	}
	return Opened{Assigned: d.action == C.HMX_ACTION_ASSIGN, Upstream: uint32(d.upstream),
		Reason: Reason(d.reason), Cookie: uint64(d.cookie),
		Prefix: prefixOf(&d.extranonce_prefix, d.extranonce_prefix_len)}, nil
}

// OnChannelUpdate: facts of an open channel changed.
func (in *Instance) OnChannelUpdate(nowNs uint64, u *ChannelUpdate) error {
	e := C.hmx_channel_update{channel: C.uint64_t(u.Channel), cookie: C.uint64_t(u.Cookie),
		changed: C.uint32_t(u.Changed), honours_prefix: C.uint32_t(u.HonoursPrefix),
		flags: C.uint32_t(u.Flags), nominal_hashrate: C.double(u.NominalHashrate),
		upstreams_allowed: C.uint64_t(u.UpstreamsAllowed)}
	e.event = in.stamp(nowNs, unsafe.Sizeof(e), 0)
	copy32(&e.max_target, &u.MaxTarget)
	return check(C.call_on_channel_update(&in.plugin.ops, in.self, &e), "on_channel_update")
}

// OnChannelClose: a channel is gone.
func (in *Instance) OnChannelClose(nowNs, channel, cookie uint64, why CloseReason) error {
	e := C.hmx_channel_close{channel: C.uint64_t(channel), cookie: C.uint64_t(cookie),
		reason: C.uint32_t(why)}
	e.event = in.stamp(nowNs, unsafe.Sizeof(e), 0)
	return check(C.call_on_channel_close(&in.plugin.ops, in.self, &e), "on_channel_close")
}

// OnShare: shares of a channel.
func (in *Instance) OnShare(nowNs uint64, s *Share) error {
	var flags uint32
	if s.Local {
		flags = C.HMX_SHARE_FLAG_LOCAL
	}
	e := C.hmx_share{channel: C.uint64_t(s.Channel), cookie: C.uint64_t(s.Cookie),
		upstream: C.uint32_t(s.Upstream), verdict: C.uint32_t(s.Verdict), count: C.uint32_t(s.Count),
		work: C.double(s.Work), credit: C.double(s.Credit)}
	e.event = in.stamp(nowNs, unsafe.Sizeof(e), flags)
	return check(C.call_on_share(&in.plugin.ops, in.self, &e), "on_share")
}

// OnTick: time passed; at least every second. carryOut gets each decision, and may report outcomes.
func (in *Instance) OnTick(nowNs, unixMs uint64, carryOut func(Decision) error) error {
	for more := true; more; {
		for i := range in.rows {
			in.rows[i] = C.hmx_decision{size: C.sizeof_hmx_decision}
		}
		var pin runtime.Pinner
		pin.Pin(&in.rows[0])
		e := C.hmx_tick{unix_ms: C.uint64_t(unixMs)}
		e.event = in.stamp(nowNs, unsafe.Sizeof(e), 0)
		b := C.hmx_decision_buf{size: C.sizeof_hmx_decision_buf, stride: C.sizeof_hmx_decision,
			capacity: C.uint32_t(len(in.rows)), rows: &in.rows[0]}
		status := C.call_on_tick(&in.plugin.ops, in.self, &e, &b)
		pin.Unpin()
		if err := check(status, "on_tick"); err != nil {
			return err
		}
		for i := 0; i < int(b.count) && i < len(in.rows); i++ {
			if err := carryOut(decisionOf(&in.rows[i])); err != nil {
				return err
			}
		}
		more = b.more != 0
	}
	return nil
}

// OnReassign: what became of a decision, or what the host did on its own.
func (in *Instance) OnReassign(nowNs uint64, o *Outcome) error {
	e := C.hmx_reassign{decision: C.uint64_t(o.Decision), channel: C.uint64_t(o.Channel),
		cookie: C.uint64_t(o.Cookie), from: C.uint32_t(o.From), to: C.uint32_t(o.To),
		result: C.uint32_t(o.Result), cause: C.uint32_t(o.Cause)}
	e.event = in.stamp(nowNs, unsafe.Sizeof(e), 0)
	e.extranonce_prefix_len = setPrefix(&e.extranonce_prefix, o.Prefix)
	return check(C.call_on_reassign(&in.plugin.ops, in.self, &e), "on_reassign")
}

// stream is what a writer or a reader of ours works on.
type stream struct {
	bytes []byte
	at    int
}

func withStream(s *stream, call func(handle C.uintptr_t) C.hmx_status) C.hmx_status {
	handle := cgo.NewHandle(s)
	defer handle.Delete()
	return call(C.uintptr_t(handle))
}

// Save writes what was learned.
func (in *Instance) Save() ([]byte, error) {
	var s stream
	status := withStream(&s, func(h C.uintptr_t) C.hmx_status {
		return C.call_save(&in.plugin.ops, in.self, h)
	})
	return s.bytes, check(status, "save")
}

// Load takes over what Save wrote; on a fresh instance, before the first event.
func (in *Instance) Load(bytes []byte, nowNs, unixMs uint64) error {
	why := newSentence()
	status := withStream(&stream{bytes: bytes}, func(h C.uintptr_t) C.hmx_status {
		return C.call_load(&in.plugin.ops, in.self, h, C.uint64_t(nowNs), C.uint64_t(unixMs), why.text)
	})
	return why.check(status, "load")
}

// Reconfigure puts a new configuration in place as a whole, or nothing.
func (in *Instance) Reconfigure(configText string, nowNs, unixMs uint64) error {
	var pin runtime.Pinner
	defer pin.Unpin()
	why := newSentence()
	in.now = max64(in.now, nowNs)
	args := C.hmx_reconfigure_args{size: C.sizeof_hmx_reconfigure_args, now_ns: C.uint64_t(in.now),
		unix_ms: C.uint64_t(unixMs), config_text: view(&pin, configText), why: why.text}
	return why.check(C.call_reconfigure(&in.plugin.ops, in.self, &args), "reconfigure")
}

func max64(a, b uint64) uint64 {
	if a > b {
		return a
	}
	return b
}

// set runs a setter with its time and a place for its sentence.
func (in *Instance) set(nowNs uint64, what string, call func(now C.uint64_t, why *C.hmx_text) C.hmx_status) error {
	in.now = max64(in.now, nowNs)
	why := newSentence()
	return why.check(call(C.uint64_t(in.now), why.text), what)
}

// Target is a pool's percentage.
type Target struct {
	Upstream   uint32
	Percentage float64
}

// SetTargets sets the whole vector.
func (in *Instance) SetTargets(nowNs uint64, targets []Target) error {
	if len(targets) == 0 {
		return errors.New("set_targets: no targets")
	}
	rows := make([]C.hmx_target, len(targets))
	for i, t := range targets {
		rows[i] = C.hmx_target{size: C.sizeof_hmx_target, upstream: C.uint32_t(t.Upstream),
			percentage: C.double(t.Percentage)}
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&rows[0])
	vector := C.hmx_targets{size: C.sizeof_hmx_targets, stride: C.sizeof_hmx_target,
		count: C.uint32_t(len(rows)), rows: &rows[0]}
	return in.set(nowNs, "set_targets", func(now C.uint64_t, why *C.hmx_text) C.hmx_status {
		return C.call_set_targets(&in.plugin.ops, in.self, now, &vector, why)
	})
}

// SetTuningModel sets a preset of the controller, 1 (aggressive) to 4 (proportional only).
func (in *Instance) SetTuningModel(nowNs uint64, model uint32) error {
	return in.set(nowNs, "set_tuning_model", func(now C.uint64_t, why *C.hmx_text) C.hmx_status {
		return C.call_set_tuning_model(&in.plugin.ops, in.self, now, C.uint32_t(model), why)
	})
}

// SetDeadband sets the deadband in points; below 0: the luck of the shares decides.
func (in *Instance) SetDeadband(nowNs uint64, points float64) error {
	kind := C.uint32_t(C.HMX_DEADBAND_POINTS)
	if points < 0 {
		kind, points = C.HMX_DEADBAND_AUTO, 0
	}
	return in.set(nowNs, "set_deadband", func(now C.uint64_t, why *C.hmx_text) C.hmx_status {
		return C.call_set_deadband(&in.plugin.ops, in.self, now, kind, C.double(points), why)
	})
}

// SetUpstreamEnabled drains a pool, or takes it back.
func (in *Instance) SetUpstreamEnabled(nowNs uint64, upstream uint32, enabled bool) error {
	is := C.uint32_t(C.HMX_NO)
	if enabled {
		is = C.HMX_YES
	}
	return in.set(nowNs, "set_upstream_enabled", func(now C.uint64_t, why *C.hmx_text) C.hmx_status {
		return C.call_set_upstream_enabled(&in.plugin.ops, in.self, now, C.uint32_t(upstream), is, why)
	})
}

// Pin: miners whose user_identity matches work for this upstream; 0: stay where they are.
func (in *Instance) Pin(nowNs uint64, pattern string, upstream uint32) error {
	var pin runtime.Pinner
	defer pin.Unpin()
	text := view(&pin, pattern)
	return in.set(nowNs, "pin", func(now C.uint64_t, why *C.hmx_text) C.hmx_status {
		return C.call_pin(&in.plugin.ops, in.self, now, text, C.uint32_t(upstream), why)
	})
}

// Unpin takes a pin away.
func (in *Instance) Unpin(nowNs uint64, pattern string) error {
	var pin runtime.Pinner
	defer pin.Unpin()
	text := view(&pin, pattern)
	return in.set(nowNs, "unpin", func(now C.uint64_t, why *C.hmx_text) C.hmx_status {
		return C.call_unpin(&in.plugin.ops, in.self, now, text, why)
	})
}

// RebalanceNow: the next tick evaluates, and does not wait for the deviation to persist.
func (in *Instance) RebalanceNow(nowNs uint64) error {
	return in.set(nowNs, "rebalance_now", func(now C.uint64_t, why *C.hmx_text) C.hmx_status {
		return C.call_rebalance_now(&in.plugin.ops, in.self, now, why)
	})
}

// WriteConfig is the configuration in effect as INI text.
func (in *Instance) WriteConfig() (string, error) {
	var s stream
	status := withStream(&s, func(h C.uintptr_t) C.hmx_status {
		return C.call_write_config(&in.plugin.ops, in.self, h)
	})
	return string(s.bytes), check(status, "write_config")
}

// Snapshot tells what is known: the totals, and one row per pool.
func (in *Instance) Snapshot() (Snapshot, error) {
	rows := make([]C.hmx_upstream_metrics, C.HMX_UPSTREAMS_MAX)
	for i := range rows {
		rows[i].size = C.sizeof_hmx_upstream_metrics
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&rows[0])
	s := C.hmx_snapshot{size: C.sizeof_hmx_snapshot, stride: C.sizeof_hmx_upstream_metrics,
		capacity: C.HMX_UPSTREAMS_MAX, rows: &rows[0]}
	if err := check(C.call_snapshot(&in.plugin.ops, in.self, &s), "snapshot"); err != nil {
		return Snapshot{}, err
	}
	out := Snapshot{Channels: uint32(s.channels), Pending: uint32(s.pending), Hashrate: float64(s.hashrate),
		Decisions: uint64(s.decisions), MovesApplied: uint64(s.moves_applied),
		MovesRefused: uint64(s.moves_refused), MovesFailed: uint64(s.moves_failed),
		MovesExpired: uint64(s.moves_expired), MovesForced: uint64(s.moves_forced),
		Stranded: uint32(s.stranded), Bad: uint32(s.bad)}
	for i := 0; i < int(s.count) && i < len(rows); i++ {
		out.Upstreams = append(out.Upstreams, metricsOf(&rows[i]))
	}
	return out, nil
}

//export goLog
func goLog(handle C.uintptr_t, level C.uint32_t, text *C.char, n C.uint64_t) {
	cgo.Handle(handle).Value().(*Options).Log(uint32(level), C.GoStringN(text, C.int(n)))
}

//export goAudit
func goAudit(handle C.uintptr_t, json *C.char, n C.uint64_t) {
	cgo.Handle(handle).Value().(*Options).Audit(C.GoStringN(json, C.int(n)))
}

//export goRequestTick
func goRequestTick(handle C.uintptr_t) { cgo.Handle(handle).Value().(*Options).RequestTick() }

//export goWrite
func goWrite(handle C.uintptr_t, data unsafe.Pointer, n C.uint64_t) C.int32_t {
	s := cgo.Handle(handle).Value().(*stream)
	s.bytes = append(s.bytes, unsafe.Slice((*byte)(data), int(n))...)
	return C.HMX_OK
}

//export goRead
func goRead(handle C.uintptr_t, data unsafe.Pointer, capacity C.uint64_t, n *C.uint64_t) C.int32_t {
	s := cgo.Handle(handle).Value().(*stream)
	took := copy(unsafe.Slice((*byte)(data), int(capacity)), s.bytes[s.at:])
	s.at += took
	*n = C.uint64_t(took)
	return C.HMX_OK
}

// SPDX-License-Identifier: MIT OR Apache-2.0

package hashmux

// #include "calls.h"
import "C"

import "unsafe"

// Tri is a fact that may be unknown.
type Tri uint32

// The three states of a fact.
const (
	Unknown Tri = C.HMX_UNKNOWN
	Yes     Tri = C.HMX_YES
	No      Tri = C.HMX_NO
)

// Upstream is a pool to connect to.
type Upstream struct {
	Number                  uint32 // 1..64
	ID, Address             string
	Port                    uint16
	UserIdentity            string // the account with which to open channels; empty = the host's own choice
	HasKey                  bool
	AuthorityKey            [32]byte // x-only secp256k1
	Priority                uint32   // smaller is preferred
	Percentage              float64
	Enabled                 bool
	Removed                 bool // keep the connection until its channels have left
	HealthCheckIntervalSecs uint32
}

func upstreamOf(r *C.hmx_upstream_info) Upstream {
	u := Upstream{Number: uint32(r.upstream), ID: C.GoString(&r.id[0]), Address: C.GoString(&r.address[0]),
		Port: uint16(r.port), UserIdentity: C.GoString(&r.user_identity[0]),
		HasKey: r.flags&C.HMX_UPSTREAM_FLAG_HAS_KEY != 0, Priority: uint32(r.priority),
		Percentage: float64(r.percentage), Enabled: r.flags&C.HMX_UPSTREAM_FLAG_ENABLED != 0,
		Removed:                 r.flags&C.HMX_UPSTREAM_FLAG_REMOVED != 0,
		HealthCheckIntervalSecs: uint32(r.health_check_interval_secs)}
	for i := range u.AuthorityKey {
		u.AuthorityKey[i] = byte(r.authority_key[i])
	}
	return u
}

// State is how a pool's connection stands.
type State uint32

// The states of a pool.
const (
	Connecting State = C.HMX_UPSTREAM_CONNECTING
	Up         State = C.HMX_UPSTREAM_UP
	Draining   State = C.HMX_UPSTREAM_DRAINING
	Down       State = C.HMX_UPSTREAM_DOWN
)

// DownReason is why a pool is not up.
type DownReason uint32

// Why a pool is not up.
const (
	ConnectFailed DownReason = C.HMX_UPSTREAM_REASON_CONNECT_FAILED
	Lost          DownReason = C.HMX_UPSTREAM_REASON_LOST
	Refused       DownReason = C.HMX_UPSTREAM_REASON_REFUSED
	HostDecision  DownReason = C.HMX_UPSTREAM_REASON_HOST
)

// UpstreamState is the whole truth about a pool.
type UpstreamState struct {
	State            State
	Reason           DownReason
	ExtranoncePrefix []byte // the pool's own
	ExtranonceSize   uint32 // rollable bytes granted; 0 = the host chooses every prefix there
	HasJob           Tri
	VersionRolling   Tri
	FixedVersion     Tri
	Target           [32]byte // U256 little-endian; zero = unknown
	TipPrevHash      [32]byte // zero = unknown
	TipNbits         uint32
}

// ChannelKind is standard or extended.
type ChannelKind uint32

// The kinds of channels.
const (
	Standard ChannelKind = C.HMX_CHANNEL_STANDARD
	Extended ChannelKind = C.HMX_CHANNEL_EXTENDED
)

// ChannelFlags is what limits a channel.
type ChannelFlags uint32

// What may limit a channel.
const (
	RequiresVersionRolling ChannelFlags = C.HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING
	CustomJobs             ChannelFlags = C.HMX_CHANNEL_FLAG_CUSTOM_JOBS
	SharesGroup            ChannelFlags = C.HMX_CHANNEL_FLAG_SHARES_GROUP
)

// ChannelOpen is a channel that wants to open.
type ChannelOpen struct {
	Channel, Connection                      uint64 // not 0
	Kind                                     ChannelKind
	HonoursPrefix                            Tri
	Flags                                    ChannelFlags
	MinExtranonceSize, ExtranonceSize        uint32
	CurrentUpstream                          uint32 // 0, or where it already works
	ExtranoncePrefix                         []byte // then in force
	NominalHashrate                          float64
	UpstreamsAllowed                         uint64 // bit n-1 = upstream n; 0 = all
	MaxTarget                                [32]byte
	UserIdentity, Vendor, Hardware, Firmware string
}

// Reason is why a channel was placed, moved or passed: HMX_REASON_* of the contract.
type Reason uint32

// Why a channel was placed nowhere.
const (
	NoOpinion Reason = C.HMX_NONE
	NoPool    Reason = C.HMX_REASON_NO_POOL
	Cannot    Reason = C.HMX_REASON_CANNOT
	Observe   Reason = C.HMX_REASON_OBSERVE
)

// Opened is the answer to an opening: assigned, or passed with a reason.
type Opened struct {
	Assigned bool
	Upstream uint32
	Reason   Reason
	Cookie   uint64
	Prefix   []byte // empty = the host chooses
}

// ChannelFact names a field of ChannelUpdate.
type ChannelFact uint32

// What a ChannelUpdate may change.
const (
	FactNominalHashrate  ChannelFact = C.HMX_FACT_NOMINAL_HASHRATE
	FactMaxTarget        ChannelFact = C.HMX_FACT_MAX_TARGET
	FactHonoursPrefix    ChannelFact = C.HMX_FACT_HONOURS_PREFIX
	FactFlags            ChannelFact = C.HMX_FACT_FLAGS
	FactUpstreamsAllowed ChannelFact = C.HMX_FACT_UPSTREAMS_ALLOWED
)

// ChannelUpdate is new facts of an open channel: only those in Changed are read.
type ChannelUpdate struct {
	Channel, Cookie  uint64
	Changed          ChannelFact
	HonoursPrefix    Tri
	Flags            ChannelFlags
	NominalHashrate  float64
	UpstreamsAllowed uint64
	MaxTarget        [32]byte
}

// CloseReason is why a channel closed.
type CloseReason uint32

// Why a channel closed.
const (
	ClosePeer           CloseReason = C.HMX_CLOSE_PEER
	CloseConnectionLost CloseReason = C.HMX_CLOSE_CONNECTION_LOST
	CloseHost           CloseReason = C.HMX_CLOSE_HOST
	CloseReopen         CloseReason = C.HMX_CLOSE_REOPEN
)

// Verdict is what became of shares.
type Verdict uint32

// What may become of shares.
const (
	Submitted             Verdict = C.HMX_SHARE_SUBMITTED
	Accepted              Verdict = C.HMX_SHARE_ACCEPTED
	NotForwarded          Verdict = C.HMX_SHARE_NOT_FORWARDED
	ShareLost             Verdict = C.HMX_SHARE_LOST
	RejectedStale         Verdict = C.HMX_SHARE_REJECTED_STALE
	RejectedLowDifficulty Verdict = C.HMX_SHARE_REJECTED_LOW_DIFFICULTY
	RejectedDuplicate     Verdict = C.HMX_SHARE_REJECTED_DUPLICATE
	RejectedInvalidJob    Verdict = C.HMX_SHARE_REJECTED_INVALID_JOB
	RejectedOther         Verdict = C.HMX_SHARE_REJECTED_OTHER
)

// Share is one or more shares of one channel with one verdict.
type Share struct {
	Channel, Cookie uint64
	Upstream        uint32 // of the job
	Verdict         Verdict
	Count           uint32
	Work            float64 // at the miner's own job targets
	Credit          float64 // at the pool's; 0 = as Work
	Local           bool    // a rejection that is the host's own verdict
}

// Decision is an instruction to the host.
type Decision struct {
	Decision, Channel, Cookie   uint64
	Kind, From, To, Style, Code uint32 // Kind, Style and Code (the reason) as in the contract
	ExpectedHashrate            float64
	ValidUntilNs                uint64
	Prefix                      []byte // empty = the host chooses
}

// What a decision asks for, and how it is carried out.
const (
	KindMove         = uint32(C.HMX_DECISION_MOVE)
	KindPrefix       = uint32(C.HMX_DECISION_PREFIX)
	StyleHard        = uint32(C.HMX_STYLE_HARD)
	StyleSoftAllowed = uint32(C.HMX_STYLE_SOFT_ALLOWED)
	StyleReopen      = uint32(C.HMX_STYLE_REOPEN)
)

func decisionOf(d *C.hmx_decision) Decision {
	return Decision{Decision: uint64(d.decision), Channel: uint64(d.channel), Cookie: uint64(d.cookie),
		Kind: uint32(d.kind), From: uint32(d.from), To: uint32(d.to), Style: uint32(d.style),
		Code: uint32(d.reason), ExpectedHashrate: float64(d.expected_hashrate),
		ValidUntilNs: uint64(d.valid_until_ns), Prefix: prefixOf(&d.extranonce_prefix, d.extranonce_prefix_len)}
}

// Result is what became of a decision.
type Result uint32

// What may become of a decision, and what a host does on its own.
const (
	ResultApplied Result = C.HMX_RESULT_APPLIED
	ResultRefused Result = C.HMX_RESULT_REFUSED
	ResultFailed  Result = C.HMX_RESULT_FAILED
	ResultForced  Result = C.HMX_RESULT_FORCED
	ResultDrained Result = C.HMX_RESULT_DRAINED
)

// Outcome is what became of a decision, or what the host did on its own (Decision 0).
type Outcome struct {
	Decision, Channel, Cookie uint64
	From, To                  uint32
	Result                    Result
	Cause                     uint32
	Prefix                    []byte
}

// Metrics is one pool's row of a Snapshot.
type Metrics struct {
	Upstream                                                   uint32
	ID                                                         string
	State                                                      State
	Flags, Channels, Reason                                    uint32
	TargetPct, EffectivePct, CommandPct, AllocatedPct          float64
	ActualPct, DeliveredPct, Hashrate, WantedHashrate          float64
	Submitted, Accepted, NotForwarded, Lost                    uint64
	RejectedStale, RejectedLowDifficulty, RejectedDuplicate    uint64
	RejectedInvalidJob, RejectedOther                          uint64
	SubmittedWork, AcceptedWork, AcceptancePct, MissedHashrate float64
	// OutReason is why it gets no work or less, hmx_out_reason.
	OutReason                                          uint32
	OutUntilNs                                         uint64
	TrialPct, OwedWork, ProvisionalWork, ConfirmedWork float64
	WastedHashrate                                     float64
}

// Snapshot is what is known.
type Snapshot struct {
	Channels, Pending, Stranded, Bad                   uint32
	Hashrate                                           float64
	Decisions, MovesApplied, MovesRefused, MovesFailed uint64
	MovesExpired, MovesForced                          uint64
	Upstreams                                          []Metrics
}

func metricsOf(r *C.hmx_upstream_metrics) Metrics {
	return Metrics{Upstream: uint32(r.upstream), ID: C.GoString(&r.id[0]), Flags: uint32(r.flags),
		State: State(r.state), Reason: uint32(r.reason),
		Channels: uint32(r.channels), TargetPct: float64(r.target_pct),
		EffectivePct: float64(r.effective_pct), CommandPct: float64(r.command_pct),
		AllocatedPct: float64(r.allocated_pct), ActualPct: float64(r.actual_pct),
		DeliveredPct: float64(r.delivered_pct), Hashrate: float64(r.hashrate),
		WantedHashrate: float64(r.wanted_hashrate), Submitted: uint64(r.submitted.count),
		Accepted: uint64(r.accepted.count), NotForwarded: uint64(r.not_forwarded.count),
		Lost: uint64(r.lost.count), RejectedStale: uint64(r.rejected_stale.count),
		RejectedLowDifficulty: uint64(r.rejected_low_difficulty.count),
		RejectedDuplicate:     uint64(r.rejected_duplicate.count),
		RejectedInvalidJob:    uint64(r.rejected_invalid_job.count),
		RejectedOther:         uint64(r.rejected_other.count),
		SubmittedWork:         float64(r.submitted.work), AcceptedWork: float64(r.accepted.work),
		AcceptancePct: float64(r.acceptance_pct), MissedHashrate: float64(r.missing_hashrate),
		OutReason: uint32(r.out_reason), OutUntilNs: uint64(r.out_until_ns),
		TrialPct: float64(r.trial_pct), OwedWork: float64(r.owed_work),
		ProvisionalWork: float64(r.provisional_work), ConfirmedWork: float64(r.confirmed_work),
		WastedHashrate: float64(r.wasted_hashrate)}
}

func prefixOf(from *[32]C.uint8_t, n C.uint32_t) []byte {
	if n > 32 {
		n = 32
	}
	return C.GoBytes(unsafe.Pointer(&from[0]), C.int(n))
}

// setPrefix copies at most 32 bytes and tells how many.
func setPrefix(to *[32]C.uint8_t, from []byte) C.uint32_t {
	n := copy(unsafe.Slice((*byte)(&to[0]), 32), from)
	return C.uint32_t(n)
}

func copy32(to *[32]C.uint8_t, from *[32]byte) { copy(unsafe.Slice((*byte)(&to[0]), 32), from[:]) }

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The odd client's rows: what it sends, and what the specification has the server say.

use binary_sv2::U256Owned;
use common_messages_sv2::{Protocol, ReconnectOwned};
use extensions_sv2::RequestExtensionsSuccessOwned;
use mining_sv2::*;
use parsers_sv2::{AnyMessageOwned, CommonMessagesOwned, MiningOwned};

use crate::client::{
    EASIEST, Setup, open_extended, open_standard, request_extensions, setup, text,
};
use crate::wire::{common, encode, mining, raw, with_other_channel_bit, with_tail};

/// They stand for the ids that the server gives to the first channel.
pub const CHANNEL: u32 = 0xc1c1_c1c1;
pub const GROUP: u32 = 0x6a6a_6a6a;
pub const JOB: u32 = 0x10b1_0b10;

type Frames = Vec<Vec<u8>>;

pub struct Row {
    pub name: String,
    pub frames: Frames,
    /// So many frames prepare the row: their answers are not part of it.
    pub quiet: usize,
    pub byte_by_byte: bool,
    pub proxy: String,
    pub pool: String,
}

impl Row {
    /// Does a frame name the first channel's job?
    pub fn needs_job(&self) -> bool {
        let has = |frame: &Vec<u8>| frame.windows(4).any(|bytes| bytes == JOB.to_le_bytes());
        self.frames.iter().any(has)
    }

    /// The proxy says something else than the pool, as it may.
    fn proxy_says(mut self, words: &str) -> Row {
        self.proxy = words.into();
        self
    }
}

fn row(name: impl Into<String>, quiet: usize, frames: Frames, words: &str) -> Row {
    let (proxy, pool) = (words.into(), words.into());
    Row { name: name.into(), frames, quiet, byte_by_byte: false, proxy, pool }
}

fn hello(flags: u32) -> Vec<u8> {
    setup(Setup { flags, ..Setup::default() })
}

fn versions(least: u16, most: u16, flags: u32) -> Frames {
    vec![setup(Setup { versions: (least, most), flags, ..Setup::default() })]
}

fn protocol(protocol: Protocol) -> Frames {
    vec![setup(Setup { protocol, ..Setup::default() })]
}

fn standard(rate: f32) -> Vec<u8> {
    open_standard(1, b"odd", rate, EASIEST)
}

fn extended(min_extranonce_size: u16) -> Vec<u8> {
    open_extended(2, b"odd", 1e3, EASIEST, min_extranonce_size)
}

fn update(channel_id: u32, nominal_hash_rate: f32, limit: [u8; 32]) -> Vec<u8> {
    let maximum_target: U256Owned = limit.into();
    let update = UpdateChannelOwned { channel_id, nominal_hash_rate, maximum_target };
    mining(MiningOwned::UpdateChannel(update))
}

fn close(channel_id: u32, reason: &[u8]) -> Vec<u8> {
    let reason_code = text(reason);
    mining(MiningOwned::CloseChannel(CloseChannelOwned { channel_id, reason_code }))
}

struct Share {
    channel_id: u32,
    sequence_number: u32,
    job_id: u32,
    ntime: u32,
    version: u32,
}

/// A share of the first channel's first job that has no work in it.
const SHARE: Share =
    Share { channel_id: CHANNEL, sequence_number: 1, job_id: JOB, ntime: 0, version: 0x2000_0000 };

fn share(share: Share) -> Vec<u8> {
    mining(MiningOwned::SubmitSharesStandard(SubmitSharesStandardOwned {
        channel_id: share.channel_id,
        sequence_number: share.sequence_number,
        job_id: share.job_id,
        nonce: 0,
        ntime: share.ntime,
        version: share.version,
    }))
}

fn extended_share(extranonce: &[u8]) -> Vec<u8> {
    mining(MiningOwned::SubmitSharesExtended(SubmitSharesExtendedOwned {
        channel_id: CHANNEL,
        sequence_number: 1,
        job_id: JOB,
        nonce: 0,
        ntime: u32::MAX / 2,
        version: 0x2000_0000,
        extranonce: extranonce.to_vec().try_into().expect("at most 32 bytes"),
    }))
}

/// As long as it can be.
fn custom_job(channel_id: u32) -> Vec<u8> {
    mining(MiningOwned::SetCustomMiningJob(SetCustomMiningJobOwned {
        channel_id,
        request_id: 42,
        token: vec![1; 255].try_into().expect("a token"),
        version: 0x2000_0000,
        prev_hash: [7; 32].into(),
        min_ntime: 1,
        nbits: 0x1d00_ffff,
        coinbase_tx_version: 2,
        coinbase_prefix: vec![3, 1, 2, 3].try_into().expect("a height"),
        coinbase_tx_input_n_sequence: 0,
        coinbase_tx_outputs: vec![0; 65535].try_into().expect("outputs"),
        coinbase_tx_locktime: 0,
        merkle_path: vec![[9; 32].into(); 255].try_into().expect("a path"),
    }))
}

/// 2^192: about 2^64 hashes a share.
fn hard() -> [u8; 32] {
    let mut target = [0; 32];
    target[24] = 1;
    target
}

const SET_UP: &str = "sets up version 2 flags 0, goes on";

fn setups() -> Vec<Row> {
    let mut unknown = hello(0);
    unknown[6] = 7;
    let odd_text = Setup { host: vec![0xff; 255], vendor: vec![0; 255], ..Setup::default() };
    let no_text = Setup { host: vec![], vendor: vec![], ..Setup::default() };
    let mismatch = "setup protocol-version-mismatch flags 0, closes";
    let other_protocol = "setup unsupported-protocol flags 0, closes";
    vec![
        row("versions 1 to 2", 0, versions(1, 2, 0), SET_UP),
        row("versions 2 to 65535", 0, versions(2, 65535, 0), SET_UP),
        row("versions 3 to 5", 0, versions(3, 5, 0), mismatch),
        row("versions 0 to 1", 0, versions(0, 1, 0), mismatch),
        row("versions 3 to 2", 0, versions(3, 2, 0), mismatch),
        row("job declaration", 0, protocol(Protocol::JobDeclarationProtocol), other_protocol),
        row("templates", 0, protocol(Protocol::TemplateDistributionProtocol), other_protocol),
        row("protocol 7", 0, vec![unknown], other_protocol),
        row("standard jobs", 0, vec![hello(1)], SET_UP),
        row("work selection", 0, vec![hello(2)], "setup unsupported-feature-flags flags 2, closes"),
        row("version rolling", 0, vec![hello(4)], SET_UP),
        row("flags 7", 0, vec![hello(7)], "setup unsupported-feature-flags flags 2, closes"),
        row("flag 8", 0, vec![hello(8)], "setup unsupported-feature-flags flags 8, closes"),
        row(
            "all flags",
            0,
            vec![hello(u32::MAX)],
            "setup unsupported-feature-flags flags fffffffa, closes",
        ),
        row("versions 3 to 5, all flags", 0, versions(3, 5, u32::MAX), mismatch),
        row("strings of 255 odd bytes", 0, vec![setup(odd_text)], SET_UP),
        row("no strings", 0, vec![setup(no_text)], SET_UP),
        row("setup, channel bit set", 0, vec![with_other_channel_bit(hello(0))], SET_UP),
        row("setup and a TLV", 0, vec![with_tail(hello(0), &[2, 0, 1, 3, 0, 1, 2, 3])], SET_UP),
        row("setup and a byte", 0, vec![with_tail(hello(0), &[0])], SET_UP),
        row("setup twice", 1, vec![hello(0), hello(0)], "closes"),
        row("a channel before setup", 0, vec![standard(1e3)], "closes"),
        row("extensions before setup", 0, vec![request_extensions(1, vec![2])], "closes"),
        row("message 0x60 before setup", 0, vec![raw(0, 0x60, &[])], "closes"),
    ]
}

fn extensions() -> Vec<Row> {
    let ask = |id, list| vec![hello(0), request_extensions(id, list)];
    let unasked = RequestExtensionsSuccessOwned {
        request_id: 1,
        supported_extensions: vec![2].try_into().expect("one extension"),
    };
    let unasked = encode(AnyMessageOwned::Extensions(unasked.into()));
    let then_open = |frame| vec![hello(0), frame, standard(1e3)];
    let opens = "opens standard 1, goes on";
    let bit = raw(0xfabc, 0x11, &[1, 0, 0, 0, 9, 9]);
    let mut rows = vec![
        row("no extension", 1, ask(1, vec![]), "extensions 1 lacks 0 needs 0, goes on"),
        row("extension 2", 1, ask(65535, vec![2]), "extensions 65535 lacks 1 needs 0, goes on"),
        row(
            "4 extensions",
            1,
            ask(2, vec![1, 2, 0x7fff, 0xffff]),
            "extensions 2 lacks 4 needs 0, goes on",
        ),
        row(
            "40000 extensions",
            1,
            ask(3, (0..40000).collect()),
            "extensions 3 lacks 40000 needs 0, goes on",
        ),
        row("an answer nobody asked for", 1, vec![hello(0), unasked], "closes"),
        row("an unknown extension", 1, then_open(raw(2, 0, &[1, 2, 3])), opens),
        row("an unknown extension, channel bit", 2, vec![hello(0), standard(1e3), bit], "goes on"),
        row("extension 1, unknown type", 1, then_open(raw(1, 9, &[])), opens),
        row(
            "200000 bytes of an unknown extension",
            1,
            then_open(raw(0x123, 0x11, &[5; 200_000])),
            opens,
        ),
        row(
            "300000 bytes of an unknown extension",
            1,
            then_open(raw(0x123, 0x11, &[5; 300_000])),
            opens,
        ),
    ];
    for kind in [0x05, 0x0f, 0x1e, 0x26, 0x50, 0x57, 0x70, 0xff] {
        let frames = vec![
            hello(0),
            raw(0, kind, &[1, 2, 3, 4]),
            raw(0x8000, kind, &[1, 0, 0, 0]),
            standard(1e3),
        ];
        rows.push(row(format!("message {kind:#04x}"), 1, frames, opens));
    }
    rows
}

fn openings() -> Vec<Row> {
    let one = |frame| vec![hello(0), frame];
    let opens = "opens standard 1, goes on";
    let bad_rate = "refuses 1: invalid-nominal-hashrate, goes on";
    let twice = vec![hello(0), standard(1e3), standard(1e3)];
    let both = vec![hello(4), standard(1e3), extended(4), extended(8)];
    let long = open_standard(1, &[0xff; 255], 1e3, EASIEST);
    let impossible = open_standard(1, b"odd", 1e3, [0; 32]);
    let mut rows = vec![
        row("an empty frame of a known type", 1, one(raw(0, 0x10, &[])), "closes"),
        row("user of 255 odd bytes", 1, one(long), opens),
        row("no user", 1, one(open_standard(1, b"", 1e3, EASIEST)), opens),
        row("rate 0", 1, one(standard(0.0)), opens),
        row("rate NaN", 1, one(standard(f32::NAN)), bad_rate),
        row("rate infinite", 1, one(standard(f32::INFINITY)), bad_rate),
        row("rate -1", 1, one(standard(-1.0)), bad_rate),
        row("rate -0.0", 1, one(standard(-0.0)), bad_rate),
        row("rate most", 1, one(standard(f32::MAX)), opens),
        row("limit 0", 1, one(impossible), "refuses 1: max-target-out-of-range, goes on"),
        row("limit very hard", 1, one(open_standard(1, b"odd", 1e3, hard())), opens),
        row("request_id twice", 1, twice, "opens standard 1, opens standard 1, goes on"),
        row(
            "extended with standard jobs",
            1,
            vec![hello(1), extended(4)],
            "refuses 2: extended-channels-not-supported-for-standard-jobs, goes on",
        ),
        row("standard with standard jobs", 1, vec![hello(1), standard(1e3)], opens),
        row("channel bit set", 1, one(with_other_channel_bit(standard(1e3))), opens),
        row("both kinds", 1, both, "opens standard 1, opens extended 2, opens extended 2, goes on"),
    ];
    for size in [0, 1, 4, 8, 17, 32, 33, 65535] {
        let words = match size {
            0..=8 => "opens extended 2, goes on",
            _ => "refuses 2: min-extranonce-size-too-large, goes on",
        };
        rows.push(row(format!("min_extranonce_size {size}"), 1, one(extended(size)), words));
    }
    let mut slow = row(
        "byte by byte",
        0,
        vec![hello(0), standard(1e3)],
        "sets up version 2 flags 0, opens standard 1, goes on",
    );
    slow.byte_by_byte = true;
    rows.push(slow);
    let at_once = [hello(0), standard(1e3), extended(4)].concat();
    rows.push(row(
        "all in one packet",
        0,
        vec![at_once],
        "sets up version 2 flags 0, opens standard 1, opens extended 2, goes on",
    ));
    let many = 300;
    let mut frames = vec![hello(0)];
    frames.extend((0..many).map(|id| open_standard(id, b"odd", 1e3, EASIEST)));
    rows.push(row("300 channels", 1, frames, "opens standard 0 to 299, goes on"));
    rows
}

fn changes() -> Vec<Row> {
    let opened = |frame| vec![hello(0), standard(1e3), frame];
    let closing = vec![
        hello(0),
        standard(1e3),
        close(CHANNEL, b"bye"),
        share(SHARE),
        close(CHANNEL, b"bye"),
        update(CHANNEL, 1e3, EASIEST),
    ];
    let by_group = vec![
        hello(0),
        standard(1e3),
        open_standard(3, b"odd", 1e3, EASIEST),
        close(GROUP, b""),
        share(SHARE),
    ];
    let unknown = "UpdateChannel.Error invalid-channel-id, goes on";
    vec![
        row("update of nobody", 1, vec![hello(0), update(77, 1e3, EASIEST)], unknown),
        row("update, harder limit", 2, opened(update(CHANNEL, 1e3, hard())), "SetTarget, goes on"),
        row(
            "update, limit 0",
            2,
            opened(update(CHANNEL, 1e3, [0; 32])),
            "UpdateChannel.Error max-target-out-of-range, goes on",
        ),
        row(
            "update, rate NaN",
            2,
            opened(update(CHANNEL, f32::NAN, EASIEST)),
            "UpdateChannel.Error invalid-nominal-hashrate, goes on",
        ),
        row("update of a group", 2, opened(update(GROUP, 1e3, EASIEST)), unknown),
        row("update, rate 1e15", 2, opened(update(CHANNEL, 1e15, EASIEST)), "SetTarget, goes on")
            .proxy_says("goes on"),
        row(
            "close, then all else",
            2,
            closing,
            "rejects 1: invalid-channel-id, UpdateChannel.Error invalid-channel-id, goes on",
        ),
        row("close of nobody", 1, vec![hello(0), close(999, &[b'x'; 255])], "goes on"),
        row("close of a group", 3, by_group, "rejects 1: invalid-channel-id, goes on"),
        row("close, odd reason", 2, opened(close(CHANNEL, b"\x01\n")), "goes on"),
    ]
}

fn shares() -> Vec<Row> {
    let standard_share = |share_: Share| vec![hello(0), standard(1e3), share(share_)];
    let no_job = Share { job_id: 4_000_000, ..SHARE };
    let extended_channel = |frame| vec![hello(0), extended(4), frame];
    let two = vec![
        hello(0),
        standard(1e3),
        share(Share { sequence_number: 0, ..no_job }),
        share(Share { sequence_number: u32::MAX, job_id: 0, ..SHARE }),
    ];
    let with = |tail: &[u8]| {
        vec![hello(0), standard(1e3), with_tail(share(Share { job_id: 4_000_000, ..SHARE }), tail)]
    };
    let no_channel = "rejects 1: invalid-channel-id, goes on";
    let invalid_job = "rejects 1: invalid-job-id, goes on";
    let invalid = "rejects 1: invalid-share, goes on";
    let mut rows = vec![
        row(
            "share for nobody",
            1,
            vec![hello(0), share(Share { channel_id: 77, ..no_job })],
            no_channel,
        ),
        row(
            "share for a group",
            2,
            standard_share(Share { channel_id: GROUP, ..SHARE }),
            no_channel,
        ),
        row(
            "shares of no job",
            2,
            two,
            "rejects 0: invalid-job-id, rejects 4294967295: invalid-job-id, goes on",
        ),
        row("share, time 0", 2, standard_share(SHARE), invalid),
        row("share, last time", 2, standard_share(Share { ntime: u32::MAX, ..SHARE }), invalid),
        row(
            "extended share, standard channel",
            2,
            vec![hello(0), standard(1e3), extended_share(&[1; 4])],
            invalid,
        )
        .proxy_says(no_channel),
        row("standard share, extended channel", 2, extended_channel(share(SHARE)), invalid)
            .proxy_says(no_channel),
        row(
            "share, channel bit off",
            2,
            vec![
                hello(0),
                standard(1e3),
                with_other_channel_bit(share(Share { job_id: 4_000_000, ..SHARE })),
            ],
            invalid_job,
        ),
        row("share and a worker's TLV", 2, with(&[2, 0, 1, 3, 0, b'a', b'b', b'c']), invalid_job),
        row("share and a big-endian TLV", 2, with(&[0, 2, 1, 0, 3, b'a', b'b', b'c']), invalid_job),
        row("share and two bytes", 2, with(&[0, 2]), invalid_job),
    ];
    for size in [0, 3, 5, 32] {
        rows.push(row(
            format!("extranonce of {size} bytes"),
            2,
            extended_channel(extended_share(&vec![7; size])),
            "rejects 1: bad-extranonce-size, goes on",
        ));
    }
    rows
}

fn others() -> Vec<Row> {
    let target = SetTargetOwned { channel_id: 1, maximum_target: EASIEST.into() };
    let reconnect = ReconnectOwned { new_host: text(""), new_port: 0 };
    let custom = "SetCustomMiningJob.Error jd-not-supported, goes on";
    vec![
        row("custom job", 2, vec![hello(0), extended(4), custom_job(CHANNEL)], custom),
        row(
            "custom job, standard channel",
            2,
            vec![hello(0), standard(1e3), custom_job(CHANNEL)],
            custom,
        ),
        row("custom job for nobody", 1, vec![hello(0), custom_job(5)], custom),
        row(
            "SetTarget from a client",
            1,
            vec![hello(0), mining(MiningOwned::SetTarget(target))],
            "closes",
        ),
        row(
            "Reconnect from a client",
            1,
            vec![hello(0), common(CommonMessagesOwned::Reconnect(reconnect))],
            "closes",
        ),
    ]
}

pub fn rows() -> Vec<Row> {
    [setups(), extensions(), openings(), changes(), shares(), others()]
        .into_iter()
        .flatten()
        .collect()
}

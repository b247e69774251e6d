// SPDX-License-Identifier: MIT OR Apache-2.0
//! The odd pool's rows: what it says, in scenes, and what the proxy must do.

use binary_sv2::{Seq064KOwned, Sv2OptionOwned, U256Owned};
use common_messages_sv2::{ReconnectOwned, SetupConnectionSuccess};
use mining_sv2::*;
use parsers_sv2::{CommonMessagesOwned, MiningOwned};

use crate::client::text;
use crate::wire::{common, mining, now, raw, set_length, with_other_channel_bit, with_tail};

const CHANNEL: u32 = 7;
const GROUP: u32 = 3;
const NBITS: u32 = 0x1703_4219;
/// Bytes of the extranonce: 4 of the prefix, 16 for the proxy.
const FULL: usize = 20;
/// Hashes for a share.
const HASHES: u64 = 300;

pub enum Scene {
    SetUp(Vec<u8>),
    /// Made of the number of the request, when that has come.
    Open(Box<dyn Fn(u32) -> Vec<u8>>),
    Send(Vec<u8>),
    /// Shares of this job must come.
    Mines(u32),
    /// Another request for a channel must come.
    Asks,
}

pub struct Row {
    pub name: &'static str,
    pub scenes: Box<dyn Fn() -> Vec<Scene> + Send + Sync>,
    /// Is it for the proxy to end the connection?
    pub closes: bool,
    pub wanted: &'static str,
}

fn success(version: u16, flags: u32) -> Scene {
    let success = SetupConnectionSuccess { used_version: version, flags };
    Scene::SetUp(common(CommonMessagesOwned::SetupConnectionSuccess(success)))
}

/// A target that one hash in so many meets.
fn target(hashes: u64) -> [u8; 32] {
    let (mut target, mut rest) = ([0; 32], 1);
    for byte in target.iter_mut().rev() {
        let value = rest * 256;
        *byte = (value / hashes).min(255) as u8;
        rest = value % hashes;
    }
    target
}

#[derive(Clone)]
struct Channel {
    id: u32,
    group: u32,
    prefix: Vec<u8>,
    size: u16,
}

fn usual() -> Channel {
    Channel { id: CHANNEL, group: GROUP, prefix: vec![0xab, 0xcd, 0xef, 1], size: 16 }
}

fn opened(request_id: u32, channel: &Channel) -> Vec<u8> {
    mining(MiningOwned::OpenExtendedMiningChannelSuccess(OpenExtendedMiningChannelSuccessOwned {
        request_id,
        channel_id: channel.id,
        target: target(HASHES).into(),
        extranonce_size: channel.size,
        extranonce_prefix: channel.prefix.clone().try_into().expect("a prefix"),
        group_channel_id: channel.group,
    }))
}

fn opens(channel: Channel) -> Scene {
    Scene::Open(Box::new(move |request| opened(request, &channel)))
}

struct Job {
    to: u32,
    id: u32,
    min_ntime: Option<u32>,
    /// Bytes of the extranonce that its coinbase has room for.
    room: usize,
    hashes: u8,
    output: u16,
    may_roll: bool,
}

/// A job for now, on the tip that is there.
fn job_of(id: u32) -> Job {
    let min_ntime = Some(now());
    Job { to: CHANNEL, id, min_ntime, room: FULL, hashes: 2, output: 22, may_roll: true }
}

fn future(id: u32) -> Job {
    Job { min_ntime: None, ..job_of(id) }
}

fn job(job: Job) -> Vec<u8> {
    let mut prefix = vec![2, 0, 0, 0, 1];
    prefix.extend([0; 32]);
    prefix.extend([0xff; 4]);
    prefix.push((4 + job.room) as u8);
    prefix.extend([3, 1, 2, 3]);
    let mut suffix = vec![0xff, 0xff, 0xff, 0xff, 1];
    suffix.extend(5_000_000_000_u64.to_le_bytes());
    match job.output {
        0..=252 => suffix.push(job.output as u8),
        _ => {
            suffix.push(0xfd);
            suffix.extend(job.output.to_le_bytes());
        }
    }
    suffix.extend(vec![0x51; job.output.into()]);
    suffix.extend([0; 4]);
    let path: Vec<U256Owned> = (0..job.hashes).map(|byte| [byte; 32].into()).collect();
    mining(MiningOwned::NewExtendedMiningJob(NewExtendedMiningJobOwned {
        channel_id: job.to,
        job_id: job.id,
        min_ntime: Sv2OptionOwned::new(job.min_ntime),
        version: 0x2000_0000,
        version_rolling_allowed: job.may_roll,
        merkle_path: path.try_into().expect("at most 255 hashes"),
        coinbase_tx_prefix: prefix.try_into().expect("a prefix"),
        coinbase_tx_suffix: suffix.try_into().expect("a suffix"),
    }))
}

fn tip(to: u32, job_id: u32, byte: u8) -> Vec<u8> {
    mining(MiningOwned::SetNewPrevHash(SetNewPrevHashOwned {
        channel_id: to,
        job_id,
        prev_hash: [byte; 32].into(),
        min_ntime: now(),
        nbits: NBITS,
    }))
}

/// The first job and its tip.
fn first(to: u32, room: usize) -> Vec<u8> {
    [job(Job { to, room, ..future(1) }), tip(to, 1, 1)].concat()
}

fn set_target(to: u32, hashes: u64) -> Vec<u8> {
    let maximum_target = target(hashes).into();
    mining(MiningOwned::SetTarget(SetTargetOwned { channel_id: to, maximum_target }))
}

fn raw_target(byte: u8) -> Vec<u8> {
    let maximum_target = [byte; 32].into();
    mining(MiningOwned::SetTarget(SetTargetOwned { channel_id: CHANNEL, maximum_target }))
}

fn set_prefix(length: usize) -> Vec<u8> {
    mining(MiningOwned::SetExtranoncePrefix(SetExtranoncePrefixOwned {
        channel_id: CHANNEL,
        extranonce_prefix: vec![0xee; length].try_into().expect("at most 32 bytes"),
    }))
}

fn reconnect(host: &[u8]) -> Vec<u8> {
    let reconnect = ReconnectOwned { new_host: text(host), new_port: 0 };
    common(CommonMessagesOwned::Reconnect(reconnect))
}

/// Codes and counts that nobody would send.
fn odd_answers() -> Vec<u8> {
    let error = UpdateChannelErrorOwned { channel_id: CHANNEL, error_code: text([b'u'; 255]) };
    let mut frames = mining(MiningOwned::UpdateChannelError(error));
    frames.extend(mining(MiningOwned::SubmitSharesError(SubmitSharesErrorOwned {
        channel_id: CHANNEL,
        sequence_number: 4_000_000_000,
        error_code: text([0xff; 255]),
    })));
    for (last_sequence_number, new_submits_accepted_count) in [(1, 0), (u32::MAX, 1000)] {
        frames.extend(mining(MiningOwned::SubmitSharesSuccess(SubmitSharesSuccess {
            channel_id: CHANNEL,
            last_sequence_number,
            new_submits_accepted_count,
            new_shares_sum: u64::MAX,
        })));
    }
    frames
}

fn of_others() -> Vec<u8> {
    [
        raw(0x8123, 1, &[7, 0, 0, 0, 1]),
        raw(0x0123, 1, &[1]),
        raw(0x8000, 0x1e, &[7, 0, 0, 0]),
        raw(0, 0x57, &[1, 2]),
        raw(0, 0x71, &[1, 2]),
        raw(0, 0xfe, &[]),
    ]
    .concat()
}

fn unasked() -> Vec<u8> {
    let custom = SetCustomMiningJobSuccessOwned { channel_id: CHANNEL, request_id: 1, job_id: 5 };
    let open = OpenStandardMiningChannelSuccessOwned {
        request_id: 99,
        channel_id: 50,
        target: [1; 32].into(),
        extranonce_prefix: vec![].try_into().expect("no prefix"),
        group_channel_id: GROUP,
    };
    [
        mining(MiningOwned::SetCustomMiningJobSuccess(custom)),
        mining(MiningOwned::OpenStandardMiningChannelSuccess(open)),
    ]
    .concat()
}

fn standard_job() -> Vec<u8> {
    mining(MiningOwned::NewMiningJob(NewMiningJobOwned {
        channel_id: CHANNEL,
        job_id: 9,
        min_ntime: Sv2OptionOwned::new(None),
        version: 1,
        merkle_root: [1; 32].into(),
    }))
}

/// Setup, channel and first job as usual; then, while its job 1 is mined, `frames`.
fn then(
    name: &'static str,
    frames: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    mined: Option<u32>,
    wanted: &'static str,
) -> Row {
    let scenes = move || {
        let mut scenes = vec![
            success(2, 0),
            opens(usual()),
            Scene::Send(first(CHANNEL, FULL)),
            Scene::Mines(1),
            Scene::Send(frames()),
        ];
        scenes.extend(mined.map(Scene::Mines));
        scenes
    };
    Row { name, scenes: Box::new(scenes), closes: wanted.ends_with("leaves"), wanted }
}

fn scenes(
    name: &'static str,
    scenes: impl Fn() -> Vec<Scene> + Send + Sync + 'static,
    wanted: &'static str,
) -> Row {
    Row { name, scenes: Box::new(scenes), closes: wanted.ends_with("leaves"), wanted }
}

/// The usual beginning with another channel.
fn channel(name: &'static str, channel: Channel, wanted: &'static str) -> Row {
    let room = channel.prefix.len() + usize::from(channel.size);
    let begin = move || {
        let mut all = vec![success(2, 0), opens(channel.clone())];
        if room <= 32 {
            all.push(Scene::Send(first(channel.id, room)));
            all.push(Scene::Mines(1));
        }
        all
    };
    scenes(name, begin, wanted)
}

fn beginnings() -> Vec<Row> {
    let old_form = |request| {
        let mut frame = opened(request, &usual());
        frame.truncate(frame.len() - 4);
        set_length(frame)
    };
    let wrong_bits = || {
        let frames = [job(future(1)), tip(CHANNEL, 1, 1)].map(with_other_channel_bit);
        let open = |request| with_other_channel_bit(opened(request, &usual()));
        vec![
            success(2, 0),
            Scene::Open(Box::new(open)),
            Scene::Send(frames.concat()),
            Scene::Mines(1),
        ]
    };
    let refusal = |request_id| {
        let error = OpenMiningChannelErrorOwned { request_id, error_code: text([b'z'; 255]) };
        mining(MiningOwned::OpenMiningChannelError(error))
    };
    vec![
        scenes(
            "to the group's id",
            || {
                vec![
                    success(2, 0),
                    opens(usual()),
                    Scene::Send(first(GROUP, FULL)),
                    Scene::Mines(1),
                ]
            },
            "mines 1, stays",
        ),
        scenes("version 3", || vec![success(3, 0)], "leaves"),
        scenes(
            "all flags",
            || {
                let fixed = job(Job { may_roll: false, ..future(1) });
                let frames = [fixed, tip(CHANNEL, 1, 1)].concat();
                vec![success(2, u32::MAX), opens(usual()), Scene::Send(frames), Scene::Mines(1)]
            },
            "mines 1, stays",
        ),
        channel(
            "channel 0, group ffffffff",
            Channel { id: 0, group: u32::MAX, ..usual() },
            "mines 1, stays",
        ),
        channel("group id of the channel", Channel { group: CHANNEL, ..usual() }, "mines 1, stays"),
        channel("extranonce of 4 + 28 bytes", Channel { size: 28, ..usual() }, "mines 1, stays"),
        channel("extranonce_size 7fff", Channel { size: 0x7fff, ..usual() }, "leaves"),
        scenes(
            "a first job that is no future job",
            || vec![success(2, 0), opens(usual()), Scene::Send(job(job_of(1)))],
            "leaves",
        ),
        scenes(
            "channel opened as before 2026",
            move || {
                vec![
                    success(2, 0),
                    Scene::Open(Box::new(old_form)),
                    Scene::Send(first(CHANNEL, FULL)),
                    Scene::Mines(1),
                ]
            },
            "mines 1, stays",
        ),
        scenes("all channel bits wrong", wrong_bits, "mines 1, stays"),
        scenes(
            "an unknown refusal",
            move || vec![success(2, 0), Scene::Open(Box::new(refusal)), Scene::Asks],
            "asks again, stays",
        ),
    ]
}

fn later() -> Vec<Row> {
    let group = || {
        let channel_ids = Seq064KOwned::new(vec![CHANNEL, 7000]).expect("two ids");
        let set = SetGroupChannelOwned { group_channel_id: 9, channel_ids };
        [mining(MiningOwned::SetGroupChannel(set)), job(Job { to: 9, ..job_of(2) })].concat()
    };
    let renewed = |prefix: usize| {
        move || {
            let job = job(Job { room: prefix + 16, ..future(2) });
            [set_prefix(prefix), job, tip(CHANNEL, 2, 2)].concat()
        }
    };
    let futures = |last: u32| {
        move || {
            let mut frames: Vec<u8> = (100..130).flat_map(|id| job(future(id))).collect();
            frames.extend(tip(CHANNEL, last, 2));
            frames
        }
    };
    let close = |id| {
        let close = CloseChannelOwned { channel_id: id, reason_code: text([b'r'; 255]) };
        mining(MiningOwned::CloseChannel(close))
    };
    let next = || job(job_of(2));
    let mines = "mines 1, mines 2, stays";
    let leaves = "mines 1, leaves";
    vec![
        then("nothing odd", next, Some(2), mines),
        then("another group", group, Some(2), mines),
        then(
            "SetTarget to the group",
            move || [set_target(GROUP, 150), next()].concat(),
            Some(2),
            mines,
        ),
        then("a prefix of 16 bytes", renewed(16), Some(2), mines),
        then("a prefix of 17 bytes", || set_prefix(17), None, leaves),
        then("no prefix", renewed(0), Some(2), mines),
        then(
            "the longest path, 60000 bytes of coinbase",
            || job(Job { hashes: 255, output: 60_000, ..job_of(2) }),
            Some(2),
            mines,
        ),
        then("frames of others", move || [of_others(), next()].concat(), Some(2), mines),
        then("Reconnect to nowhere", || reconnect(b""), None, leaves),
        then("Reconnect to a long name", || reconnect(&[b'h'; 255]), None, leaves),
        scenes(
            "CloseChannel of the group",
            move || {
                vec![
                    success(2, 0),
                    opens(usual()),
                    Scene::Send(first(CHANNEL, FULL)),
                    Scene::Mines(1),
                    Scene::Send(close(GROUP)),
                    Scene::Asks,
                ]
            },
            "mines 1, asks again, stays",
        ),
        then("odd answers", move || [odd_answers(), next()].concat(), Some(2), mines),
        then("a standard job", move || [standard_job(), next()].concat(), Some(2), mines),
        then(
            "a job with a fixed version",
            || job(Job { may_roll: false, ..job_of(2) }),
            Some(2),
            mines,
        ),
        then("30 future jobs, the second", futures(101), None, leaves),
        then("30 future jobs, the last", futures(129), Some(129), "mines 1, mines 129, stays"),
        then("a tip for a job in use", move || [next(), tip(CHANNEL, 2, 2)].concat(), None, leaves),
        then("min_ntime 0", || job(Job { min_ntime: Some(0), ..job_of(2) }), Some(2), mines),
        then("SetTarget 0", || raw_target(0), None, leaves),
        then("SetTarget ff..ff", move || [raw_target(0xff), next()].concat(), Some(2), mines),
        then(
            "a job id again",
            move || [job(Job { hashes: 5, ..job_of(1) }), next()].concat(),
            Some(2),
            mines,
        ),
        then(
            "SetTarget and a TLV",
            move || [with_tail(set_target(CHANNEL, 200), &[5, 0, 1, 2, 0, 9, 9]), next()].concat(),
            Some(2),
            mines,
        ),
        then(
            "SetTarget and a byte",
            move || [with_tail(set_target(CHANNEL, 200), &[9]), next()].concat(),
            Some(2),
            mines,
        ),
        then("answers nobody asked for", move || [unasked(), next()].concat(), Some(2), mines),
    ]
}

pub fn rows() -> Vec<Row> {
    [beginnings(), later()].into_iter().flatten().collect()
}

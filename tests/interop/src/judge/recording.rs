// SPDX-License-Identifier: MIT OR Apache-2.0
//! Recorded connections as host_stub writes them with --frames: a comment that tells who sent it,
//! then the frame as a line of hex. And how to damage one, to see that the judge notices.

use std::path::Path;

use codec_sv2::{Decoded, Decoder, EncodableFrame, MessageFrame};
use mining_sv2::*;
use parsers_sv2::AnyMessageOwned;

use crate::wire::{HEADER_SIZE, Outcome, kind, parse, sentence};

#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    Client,
    Server,
}

impl Side {
    pub fn arrow(self) -> &'static str {
        match self {
            Side::Client => "C->S",
            Side::Server => "S->C",
        }
    }
}

#[derive(Clone)]
pub struct Frame {
    pub side: Side,
    pub line: usize,
    pub bytes: Vec<u8>,
}

#[derive(Clone)]
pub struct Recording {
    pub name: String,
    pub frames: Vec<Frame>,
}

impl Frame {
    /// The message, if the reference crates take the frame: through the decoder of a plain
    /// connection, the parser, and back through the encoder, which must give the same bytes.
    pub fn parsed(&self, faults: &mut Vec<String>) -> Option<AnyMessageOwned> {
        if let Err(fault) = decoded(&self.bytes) {
            faults.push(fault);
            return None;
        }
        match parse(&self.bytes) {
            Ok(message) => {
                if encoded_again(&message).as_ref() != Ok(&self.bytes) {
                    faults.push(format!(
                        "the reference encodes {:#04x} otherwise",
                        kind(&self.bytes)
                    ));
                }
                Some(message)
            }
            Err(fault) => {
                faults.push(fault);
                None
            }
        }
    }
}

/// The decoder asks for just these bytes and gives just this frame.
fn decoded(bytes: &[u8]) -> Outcome<()> {
    let mut decoder = Decoder::new();
    let mut rest = bytes;
    loop {
        let place = decoder.writable();
        if place.len() > rest.len() {
            return Err("the frame is shorter than its header says".into());
        }
        let (taken, left) = rest.split_at(place.len());
        place.copy_from_slice(taken);
        rest = left;
        match decoder.next_frame().map_err(sentence("decoder"))? {
            Decoded::Frame(_) if rest.is_empty() => return Ok(()),
            Decoded::Frame(_) => return Err("bytes behind the frame".into()),
            Decoded::Incomplete(_) => {}
        }
    }
}

fn encoded_again(message: &AnyMessageOwned) -> Outcome<Vec<u8>> {
    let frame = MessageFrame::try_from(message.clone()).map_err(sentence("frame"))?;
    let mut bytes = vec![0; frame.encoded_length()];
    frame.encode_into(&mut bytes).map_err(sentence("encoder"))?;
    Ok(bytes)
}

fn read(path: &Path) -> Outcome<Recording> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).map_err(sentence("a recording"))?;
    let mut side = None;
    let mut frames = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match line.split_whitespace().nth(1) {
            Some("C->S") if line.starts_with('#') => side = Some(Side::Client),
            Some("S->C") if line.starts_with('#') => side = Some(Side::Server),
            _ if line.starts_with('#') || line.is_empty() => {}
            _ => {
                let bytes = hex::decode(line).map_err(sentence("hex"))?;
                let side = side.ok_or(format!("{name}: a frame without its side"))?;
                frames.push(Frame { side, line: number + 1, bytes });
            }
        }
    }
    Ok(Recording { name, frames })
}

pub fn recordings(folder: &Path) -> Outcome<Vec<Recording>> {
    let entries = std::fs::read_dir(folder).map_err(sentence("the folder"))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "hex"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// A kind of damage, and how it is done: false where a recording has no place for it.
pub struct Damage {
    pub name: &'static str,
    /// Where nothing is hashed no nonce is wrong.
    pub hashed_only: bool,
    damage: fn(&mut Vec<Frame>) -> bool,
}

pub const DAMAGE: &[Damage] = &[
    Damage { name: "a frame cut short", hashed_only: false, damage: cut_short },
    Damage { name: "a tip for a job that is not there", hashed_only: false, damage: unknown_job },
    Damage { name: "a job with the id of one in use", hashed_only: false, damage: job_twice },
    Damage { name: "more shares accepted than sent", hashed_only: false, damage: one_too_many },
    Damage { name: "a target above the channel's limit", hashed_only: false, damage: easy_target },
    Damage { name: "a share with another nonce", hashed_only: true, damage: other_nonce },
];

impl Damage {
    pub fn done_to(&self, recording: &Recording) -> Option<Recording> {
        let mut damaged = recording.clone();
        (self.damage)(&mut damaged.frames).then_some(damaged)
    }
}

fn first_of(frames: &mut [Frame], wanted: &[u8]) -> Option<usize> {
    frames.iter().position(|frame| wanted.contains(&kind(&frame.bytes)))
}

fn cut_short(frames: &mut Vec<Frame>) -> bool {
    frames.first_mut().is_some_and(|frame| frame.bytes.pop().is_some())
}

fn unknown_job(frames: &mut Vec<Frame>) -> bool {
    let Some(at) = first_of(frames, &[MESSAGE_TYPE_MINING_SET_NEW_PREV_HASH]) else { return false };
    frames[at].bytes[HEADER_SIZE + 4] ^= 0xff;
    true
}

fn job_twice(frames: &mut Vec<Frame>) -> bool {
    let jobs = [MESSAGE_TYPE_NEW_MINING_JOB, MESSAGE_TYPE_NEW_EXTENDED_MINING_JOB];
    let Some(at) = first_of(frames, &jobs) else { return false };
    frames.insert(at, frames[at].clone());
    true
}

fn one_too_many(frames: &mut Vec<Frame>) -> bool {
    let Some(at) = first_of(frames, &[MESSAGE_TYPE_SUBMIT_SHARES_SUCCESS]) else { return false };
    frames[at].bytes[HEADER_SIZE + 8] += 1;
    true
}

/// The first channel asks for a limit of 0, and is opened with more.
fn easy_target(frames: &mut Vec<Frame>) -> bool {
    let opening =
        [MESSAGE_TYPE_OPEN_STANDARD_MINING_CHANNEL, MESSAGE_TYPE_OPEN_EXTENDED_MINING_CHANNEL];
    let Some(at) = first_of(frames, &opening) else { return false };
    let bytes = &mut frames[at].bytes;
    let target = HEADER_SIZE + 4 + 1 + usize::from(bytes[HEADER_SIZE + 4]) + 4;
    bytes[target..target + 32].fill(0);
    true
}

/// Of each share, so that one of those that were accepted is among them.
fn other_nonce(frames: &mut Vec<Frame>) -> bool {
    let submit = [MESSAGE_TYPE_SUBMIT_SHARES_STANDARD, MESSAGE_TYPE_SUBMIT_SHARES_EXTENDED];
    let accepted = first_of(frames, &[MESSAGE_TYPE_SUBMIT_SHARES_SUCCESS]).is_some();
    for frame in frames.iter_mut().filter(|frame| submit.contains(&kind(&frame.bytes))) {
        frame.bytes[HEADER_SIZE + 12] ^= 0xff;
    }
    accepted
}

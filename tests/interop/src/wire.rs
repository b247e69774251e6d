// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames as the reference crates write and read them. Their parsers judge what hashmux sends, and
//! their encoders make what it gets; only a frame that no encoder would make is put together here.

use codec_sv2::{EncodableFrame, MessageFrame};
use framing_sv2::framing::SerializedFrame;
use parsers_sv2::{AnyMessage, AnyMessageOwned, CommonMessagesOwned, MiningOwned};

pub const HEADER_SIZE: usize = 6;

/// A result whose error is a sentence.
pub type Outcome<T> = Result<T, String>;

/// The sentence of an error of the reference crates, which mostly have no Display.
pub fn sentence<E: std::fmt::Debug>(what: &'static str) -> impl Fn(E) -> String {
    move |error| format!("{what}: {error:?}")
}

pub fn encode(message: AnyMessageOwned) -> Vec<u8> {
    let frame = MessageFrame::try_from(message).expect("the message fits into a frame");
    let mut bytes = vec![0; frame.encoded_length()];
    frame.encode_into(&mut bytes).expect("the length is the frame's own");
    bytes
}

pub fn mining(message: MiningOwned) -> Vec<u8> {
    encode(AnyMessageOwned::Mining(message))
}

pub fn common(message: CommonMessagesOwned) -> Vec<u8> {
    encode(AnyMessageOwned::Common(message))
}

/// Exactly one frame, parsed.
pub fn parse(bytes: &[u8]) -> Outcome<AnyMessageOwned> {
    let mut frame = SerializedFrame::from_bytes(bytes.to_vec()).map_err(|hint| hint.to_string())?;
    let header = frame.header();
    match AnyMessage::try_from((header, frame.payload())) {
        Ok(message) => Ok(message.into_owned()),
        Err(error) => Err(format!(
            "extension {:#06x} type {:#04x}: {error:?}",
            header.ext_type(),
            header.msg_type()
        )),
    }
}

/// The type of a frame: the third byte of its header.
pub fn kind(frame: &[u8]) -> u8 {
    frame[2]
}

/// A frame with any header and payload.
pub fn raw(extension: u16, kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = extension.to_le_bytes().to_vec();
    frame.extend([kind, 0, 0, 0]);
    frame.extend(payload);
    set_length(frame)
}

/// The frame with its length made right after its payload was changed.
pub fn set_length(mut frame: Vec<u8>) -> Vec<u8> {
    let payload = (frame.len() - HEADER_SIZE) as u32;
    frame[3..HEADER_SIZE].copy_from_slice(&payload.to_le_bytes()[..3]);
    frame
}

/// The frame with more bytes behind its last field.
pub fn with_tail(mut frame: Vec<u8>, tail: &[u8]) -> Vec<u8> {
    frame.extend(tail);
    set_length(frame)
}

/// The frame with the other channel_msg bit.
pub fn with_other_channel_bit(mut frame: Vec<u8>) -> Vec<u8> {
    frame[1] ^= 0x80;
    frame
}

/// The seconds of now, as header times have them.
pub fn now() -> u32 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("the clock is after 1970").as_secs() as u32
}

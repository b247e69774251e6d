// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames as the reference crates write and read them. Their parsers judge what hashmux sends, and
//! their encoders make what it gets; only a frame that no encoder would make is put together here.

use codec_sv2::{EncodableFrame, MessageFrame};
use framing_sv2::framing::SerializedFrame;
use parsers_sv2::{AnyMessage, AnyMessageOwned, CommonMessagesOwned};

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

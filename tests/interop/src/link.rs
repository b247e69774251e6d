// SPDX-License-Identifier: MIT OR Apache-2.0
//! One connection: frames over a socket, by Noise as noise_sv2 and codec_sv2 do it, in either role. Blocking, with a limit on each wait. What the frames mean is the caller's.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use codec_sv2::{
    Decrypted, Handshake, NoiseDecoder, NoiseEncoder, Transport, TransportDecryptState,
    TransportEncryptState,
};
use framing_sv2::framing::SerializedFrame;
use noise_sv2::{
    ELLSWIFT_ENCODING_SIZE, INITIATOR_EXPECTED_HANDSHAKE_MESSAGE_SIZE, Initiator, Responder,
};

use crate::keys::Authority;
use crate::wire::{HEADER_SIZE, Outcome, sentence};

const HANDSHAKE_LIMIT: Duration = Duration::from_secs(20);
const CERTIFICATE_VALID: Duration = Duration::from_secs(3600);

/// What came within the time that was given.
pub enum Heard {
    Frame(Vec<u8>),
    Nothing,
    Closed,
}

struct Noise {
    encoder: NoiseEncoder,
    encrypt: TransportEncryptState,
    decoder: NoiseDecoder,
    /// None after a failure, and then for good.
    decrypt: Option<TransportDecryptState>,
    /// Bytes that the decoder takes next.
    wanted: usize,
}

pub struct Link {
    stream: TcpStream,
    inbox: Vec<u8>,
    noise: Noise,
    closed: bool,
}

fn handshake_socket(stream: &TcpStream) -> Outcome<()> {
    stream.set_read_timeout(Some(HANDSHAKE_LIMIT)).map_err(sentence("socket"))?;
    stream.set_nodelay(true).map_err(sentence("socket"))
}

impl Link {
    /// The initiator's side. Without a key any certificate is taken.
    pub fn initiate(mut stream: TcpStream, authority: Option<[u8; 32]>) -> Outcome<Link> {
        handshake_socket(&stream)?;
        let initiator = match authority {
            Some(key) => Initiator::from_raw_k(key),
            None => Initiator::without_pk(),
        };
        let initiator = initiator.map_err(sentence("initiator"))?;
        let (first, handshake) =
            Handshake::initiator(initiator).step_0().map_err(sentence("step 0"))?;
        stream.write_all(first.payload()).map_err(sentence("handshake"))?;
        let mut reply = [0; INITIATOR_EXPECTED_HANDSHAKE_MESSAGE_SIZE];
        stream.read_exact(&mut reply).map_err(sentence("handshake"))?;
        let transport = handshake.step_2(reply).map_err(sentence("step 2"))?;
        Ok(Link::secured(stream, transport))
    }

    /// The responder's side.
    pub fn respond(mut stream: TcpStream, authority: &Authority) -> Outcome<Link> {
        handshake_socket(&stream)?;
        let responder =
            Responder::from_authority_kp(&authority.public, &authority.secret, CERTIFICATE_VALID);
        let responder = responder.map_err(sentence("responder"))?;
        let mut first = [0; ELLSWIFT_ENCODING_SIZE];
        stream.read_exact(&mut first).map_err(sentence("handshake"))?;
        let (reply, transport) =
            Handshake::responder(responder).step_1(first).map_err(sentence("step 1"))?;
        stream.write_all(reply.payload()).map_err(sentence("handshake"))?;
        Ok(Link::secured(stream, transport))
    }

    fn secured(stream: TcpStream, transport: Transport) -> Link {
        let (encrypt, decrypt) = transport.split();
        let decoder = NoiseDecoder::new();
        let wanted = decoder.writable_len();
        let encoder = NoiseEncoder::new();
        let noise = Noise { encoder, encrypt, decoder, decrypt: Some(decrypt), wanted };
        Link { stream, inbox: Vec::new(), noise, closed: false }
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Sends whole frames, one or several; nothing once the peer is gone.
    pub fn send(&mut self, frames: &[u8]) {
        let bytes = self.sealed(frames);
        self.send_bytes(&bytes);
    }

    /// The same, each byte in a packet of its own.
    pub fn send_byte_by_byte(&mut self, frames: &[u8]) {
        for byte in self.sealed(frames) {
            self.send_bytes(&[byte]);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn sealed(&mut self, frames: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for frame in split_frames(frames) {
            let frame = SerializedFrame::from_bytes(frame.to_vec()).expect("each piece is a frame");
            let sealed = self.noise.encoder.encode_transport(frame, &mut self.noise.encrypt);
            bytes.extend(sealed.expect("a frame can be sealed").as_ref() as &[u8]);
        }
        bytes
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).is_err() {
            self.closed = true;
        }
    }

    /// The next frame, waited for as long as said.
    pub fn hear(&mut self, limit: Duration) -> Outcome<Heard> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(frame) = self.noise.next_frame(&mut self.inbox)? {
                return Ok(Heard::Frame(frame));
            }
            if self.closed {
                return Ok(Heard::Closed);
            }
            if !self.read_some(deadline) {
                return Ok(Heard::Nothing);
            }
        }
    }

    /// The next frame; that none comes within the limit is a mistake.
    pub fn expect_frame(&mut self, limit: Duration) -> Outcome<Vec<u8>> {
        match self.hear(limit)? {
            Heard::Frame(frame) => Ok(frame),
            Heard::Nothing => Err(format!("no frame within {limit:?}")),
            Heard::Closed => Err("the peer closed the connection".into()),
        }
    }

    /// False when the time is up.
    fn read_some(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        self.stream.set_read_timeout(Some(left)).expect("a wait is not zero");
        let mut bytes = [0; 65536];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.closed = true,
            Ok(count) => self.inbox.extend(&bytes[..count]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => self.closed = true,
            },
        }
        true
    }
}

impl Noise {
    fn next_frame(&mut self, inbox: &mut Vec<u8>) -> Outcome<Option<Vec<u8>>> {
        while inbox.len() >= self.wanted {
            if self.wanted > 0 {
                self.decoder.writable().copy_from_slice(&inbox[..self.wanted]);
                inbox.drain(..self.wanted);
            }
            let state = self.decrypt.take().ok_or("the cipher is lost after a bad frame")?;
            match self.decoder.next_transport_frame(state).map_err(sentence("noise"))? {
                Decrypted::Frame(frame, state) => {
                    self.decrypt = Some(state);
                    self.wanted = self.decoder.writable_len();
                    return Ok(Some(frame.as_bytes().to_vec()));
                }
                Decrypted::Incomplete(wanted, state) => {
                    self.decrypt = Some(state);
                    self.wanted = wanted;
                }
            }
        }
        Ok(None)
    }
}

fn frame_size(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(3..HEADER_SIZE)?;
    let payload = u32::from_le_bytes([length[0], length[1], length[2], 0]) as usize;
    (bytes.len() >= HEADER_SIZE + payload).then_some(HEADER_SIZE + payload)
}

fn split_frames(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while let Some(size) = frame_size(bytes) {
        let (frame, rest) = bytes.split_at(size);
        frames.push(frame);
        bytes = rest;
    }
    assert!(bytes.is_empty(), "whole frames are sent");
    frames
}

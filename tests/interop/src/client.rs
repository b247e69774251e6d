// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a client of a mining server says first, made by the reference crates.

use std::net::TcpStream;

use binary_sv2::{Seq064KOwned, Str0255Owned};
use common_messages_sv2::{Protocol, SetupConnectionOwned};
use extensions_sv2::RequestExtensionsOwned;
use mining_sv2::*;
use parsers_sv2::{AnyMessageOwned, CommonMessagesOwned, MiningOwned};

use crate::wire::{Outcome, common, encode, mining, sentence};

/// The easiest target.
pub const EASIEST: [u8; 32] = [0xff; 32];

/// The fields of SetupConnection that anybody changes here.
pub struct Setup {
    pub protocol: Protocol,
    pub versions: (u16, u16),
    pub flags: u32,
    pub host: Vec<u8>,
    pub vendor: Vec<u8>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            protocol: Protocol::MiningProtocol,
            versions: (2, 2),
            flags: 0,
            host: b"127.0.0.1".to_vec(),
            vendor: b"reference".to_vec(),
        }
    }
}

/// A string of at most 255 bytes, whatever they are.
pub fn text(bytes: impl AsRef<[u8]>) -> Str0255Owned {
    bytes.as_ref().to_vec().try_into().expect("at most 255 bytes")
}

pub fn setup(setup: Setup) -> Vec<u8> {
    let vendor = text(&setup.vendor);
    common(CommonMessagesOwned::SetupConnection(SetupConnectionOwned {
        protocol: setup.protocol,
        min_version: setup.versions.0,
        max_version: setup.versions.1,
        flags: setup.flags,
        endpoint_host: text(&setup.host),
        endpoint_port: 3333,
        vendor: vendor.clone(),
        hardware_version: vendor.clone(),
        firmware: vendor.clone(),
        device_id: vendor,
    }))
}

pub fn open_standard(request_id: u32, user: &[u8], rate: f32, max_target: [u8; 32]) -> Vec<u8> {
    mining(MiningOwned::OpenStandardMiningChannel(OpenStandardMiningChannelOwned {
        request_id,
        user_identity: text(user),
        nominal_hash_rate: rate,
        max_target: max_target.into(),
    }))
}

pub fn open_extended(
    request_id: u32,
    user: &[u8],
    rate: f32,
    max_target: [u8; 32],
    min_extranonce_size: u16,
) -> Vec<u8> {
    mining(MiningOwned::OpenExtendedMiningChannel(OpenExtendedMiningChannelOwned {
        request_id,
        user_identity: text(user),
        nominal_hash_rate: rate,
        max_target: max_target.into(),
        min_extranonce_size,
    }))
}

pub fn request_extensions(request_id: u16, extensions: Vec<u16>) -> Vec<u8> {
    let requested_extensions = Seq064KOwned::new(extensions).expect("at most 65535 extensions");
    let request = RequestExtensionsOwned { request_id, requested_extensions };
    encode(AnyMessageOwned::Extensions(request.into()))
}

pub fn dial(place: &str) -> Outcome<TcpStream> {
    TcpStream::connect(place).map_err(sentence("connect"))
}

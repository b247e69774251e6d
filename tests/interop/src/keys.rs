// SPDX-License-Identifier: MIT OR Apache-2.0
//! Authority keys in the text form of the specification (4.7), as `host_stub keys` writes them.

use std::path::Path;
use std::process::Command;

use crate::wire::{Outcome, sentence};

const PUBLIC_VERSION: [u8; 2] = [1, 0];

#[derive(Clone)]
pub struct Authority {
    pub public: [u8; 32],
    pub secret: [u8; 32],
    /// The public key as text.
    pub text: String,
}

impl Authority {
    /// Lets host_stub make a pair, the secret in `file`.
    pub fn create(host_stub: &Path, file: &Path) -> Outcome<Authority> {
        let made = Command::new(host_stub).arg("keys").arg(file).output();
        let made = made.map_err(sentence("host_stub keys"))?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned());
        }
        let text = String::from_utf8_lossy(&made.stdout).trim().to_string();
        let secret = std::fs::read_to_string(file).map_err(sentence("the secret"))?;
        Ok(Authority { public: read_public(&text)?, secret: read_secret(secret.trim())?, text })
    }
}

fn decoded(text: &str) -> Outcome<Vec<u8>> {
    bs58::decode(text).with_check(None).into_vec().map_err(sentence("base58"))
}

pub fn read_public(text: &str) -> Outcome<[u8; 32]> {
    let bytes = decoded(text)?;
    let key = bytes.strip_prefix(&PUBLIC_VERSION).ok_or("a public key of another version")?;
    key.try_into().map_err(sentence("a public key of another length"))
}

fn read_secret(text: &str) -> Outcome<[u8; 32]> {
    decoded(text)?.as_slice().try_into().map_err(sentence("a secret key of another length"))
}

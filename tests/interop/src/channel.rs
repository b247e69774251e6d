// SPDX-License-Identifier: MIT OR Apache-2.0
//! One channel as the reference client keeps it, of either kind.

use bitcoin::consensus::deserialize;
use bitcoin::{Target, Transaction};
use channels_sv2::chain_tip::ChainTip;
use channels_sv2::client::extended::ExtendedChannel;
use channels_sv2::client::share_accounting::ShareValidationError;
use channels_sv2::client::standard::StandardChannel;
use channels_sv2::extranonce_manager::ExtranoncePrefix;
use mining_sv2::*;

use crate::wire::{Outcome, sentence};

/// Bytes of a coinbase's scriptSig (consensus rule).
const SCRIPT_SIG_MAX: usize = 100;

pub enum Channel {
    Extended(Box<ExtendedChannel>),
    Standard(Box<StandardChannel>),
}

/// A share as the reference judges it.
pub struct Verdict {
    /// The code of a refusal.
    pub refusal: Option<String>,
    /// Its job ended with a move, which shows in another extranonce prefix, or may have: a standard
    /// channel may be moved without one. Where the job came from it may still be valid.
    pub is_overtaken: bool,
    /// Of its job's target.
    pub difficulty: f64,
    /// Of its job, and so the pool's; that of a standard channel tells nothing.
    pub prefix: Option<Vec<u8>>,
}

/// The code that a verdict has on the wire.
pub fn code(error: ShareValidationError) -> String {
    use ShareValidationError as E;
    match error {
        E::Invalid(code)
        | E::Stale(code)
        | E::InvalidJobId(code)
        | E::DoesNotMeetTarget(code)
        | E::VersionRollingNotAllowed(code)
        | E::DuplicateShare(code)
        | E::BadExtranonceSize(code) => code.into(),
        E::NoChainTip => "no-chain-tip".into(),
    }
}

fn check_coinbase(job: &NewExtendedMiningJobOwned, extranonce_size: usize) -> Outcome<()> {
    let mut coinbase = job.coinbase_tx_prefix.to_owned_bytes();
    coinbase.extend(vec![0; extranonce_size]);
    coinbase.extend(job.coinbase_tx_suffix.as_bytes());
    let coinbase: Transaction = deserialize(&coinbase).map_err(sentence("the coinbase"))?;
    if !coinbase.is_coinbase() {
        return Err("a job whose transaction is no coinbase".into());
    }
    match coinbase.input[0].script_sig.len() > SCRIPT_SIG_MAX {
        true => Err("a coinbase with more than 100 bytes of scriptSig".into()),
        false => Ok(()),
    }
}

/// What a share of the active job needs.
pub struct Work {
    pub job_id: u32,
    pub version: u32,
    pub min_ntime: u32,
}

impl Channel {
    pub fn standard(
        open: &OpenStandardMiningChannelSuccessOwned,
        user: &str,
        rate_hs: f32,
    ) -> Outcome<Channel> {
        let prefix = ExtranoncePrefix::from_wire(open.extranonce_prefix.to_owned_bytes());
        let channel = StandardChannel::new(
            open.channel_id,
            user.into(),
            prefix.map_err(sentence("a prefix"))?,
            Target::from_le_bytes(open.target.to_array()),
            rate_hs,
            None,
        );
        Ok(Channel::Standard(Box::new(channel.map_err(sentence("StandardChannel"))?)))
    }

    pub fn extended(
        open: &OpenExtendedMiningChannelSuccessOwned,
        user: &str,
        rate_hs: f32,
    ) -> Outcome<Channel> {
        let prefix = ExtranoncePrefix::from_wire(open.extranonce_prefix.to_owned_bytes());
        let channel = ExtendedChannel::new(
            open.channel_id,
            user.into(),
            prefix.map_err(sentence("a prefix"))?,
            Target::from_le_bytes(open.target.to_array()),
            rate_hs,
            true,
            open.extranonce_size,
            None,
        );
        Ok(Channel::Extended(Box::new(channel.map_err(sentence("ExtendedChannel"))?)))
    }

    /// The bytes that a share's extranonce has; none on a standard channel.
    pub fn extranonce_size(&self) -> Option<usize> {
        match self {
            Channel::Extended(channel) => Some(channel.get_rollable_extranonce_size().into()),
            Channel::Standard(_) => None,
        }
    }

    pub fn work(&self) -> Option<Work> {
        let (job_id, version, min_ntime) = match self {
            Channel::Extended(channel) => {
                let job = &channel.get_active_job()?.job_message;
                (job.job_id, job.version, job.min_ntime.as_ref().copied())
            }
            Channel::Standard(channel) => {
                let job = &channel.get_active_job()?.job_message;
                (job.job_id, job.version, job.min_ntime.as_ref().copied())
            }
        };
        Some(Work { job_id, version, min_ntime: min_ntime? })
    }

    fn has_tip(&self) -> bool {
        let tip: Option<&ChainTip> = match self {
            Channel::Extended(channel) => channel.get_chain_tip(),
            Channel::Standard(channel) => channel.get_chain_tip(),
        };
        tip.is_some()
    }

    fn knows_job(&self, id: u32) -> bool {
        match self {
            Channel::Extended(channel) => {
                channel.get_active_job().is_some_and(|job| job.job_message.job_id == id)
                    || channel.get_past_job(id).is_some()
                    || channel.get_future_job(id).is_some()
            }
            Channel::Standard(channel) => {
                channel.get_active_job().is_some_and(|job| job.job_message.job_id == id)
                    || channel.get_past_job(id).is_some()
                    || channel.get_future_job(id).is_some()
            }
        }
    }

    /// What the specification says of a job's place (5.3.15, 5.3.16), which the crates leave open.
    fn check_place(&self, job_id: u32, has_min_ntime: bool) -> Outcome<()> {
        if self.knows_job(job_id) {
            return Err("a job with the id of one that is in use".into());
        }
        match has_min_ntime && !self.has_tip() {
            true => Err("a first job that is no future job".into()),
            false => Ok(()),
        }
    }

    pub fn standard_job(&mut self, job: NewMiningJobOwned) -> Outcome<()> {
        self.check_place(job.job_id, job.min_ntime.as_ref().is_some())?;
        match self {
            Channel::Standard(channel) => {
                channel.on_new_mining_job(job).map_err(sentence("on_new_mining_job"))
            }
            Channel::Extended(_) => Err("NewMiningJob on an extended channel".into()),
        }
    }

    /// `to_group` when it was sent to the channel's group.
    pub fn extended_job(&mut self, job: NewExtendedMiningJobOwned, to_group: bool) -> Outcome<()> {
        self.check_place(job.job_id, job.min_ntime.as_ref().is_some())?;
        match self {
            Channel::Extended(channel) => {
                check_coinbase(&job, channel.get_full_extranonce_size())?;
                channel
                    .on_new_extended_mining_job(job)
                    .map_err(sentence("on_new_extended_mining_job"))
            }
            Channel::Standard(channel) if to_group => {
                channel.on_new_group_channel_job(job).map_err(sentence("on_new_group_channel_job"))
            }
            Channel::Standard(_) => Err("NewExtendedMiningJob on a standard channel".into()),
        }
    }

    pub fn new_tip(&mut self, tip: SetNewPrevHashOwned) -> Outcome<()> {
        match self {
            Channel::Extended(channel) => {
                channel.on_set_new_prev_hash(tip).map_err(sentence("on_set_new_prev_hash"))
            }
            Channel::Standard(channel) => {
                channel.on_set_new_prev_hash(tip).map_err(sentence("on_set_new_prev_hash"))
            }
        }
    }

    pub fn set_target(&mut self, target: [u8; 32]) -> Outcome<()> {
        let target = Target::from_le_bytes(target);
        match self {
            Channel::Extended(channel) => {
                channel.set_target(target).map_err(sentence("set_target"))
            }
            Channel::Standard(channel) => {
                channel.set_target(target).map_err(sentence("set_target"))
            }
        }
    }

    pub fn set_prefix(&mut self, prefix: Vec<u8>) -> Outcome<()> {
        let prefix = ExtranoncePrefix::from_wire(prefix).map_err(sentence("a prefix"))?;
        match self {
            Channel::Extended(channel) => {
                channel.set_extranonce_prefix(prefix).map_err(sentence("set_extranonce_prefix"))
            }
            Channel::Standard(channel) => {
                channel.set_extranonce_prefix(prefix).map_err(sentence("set_extranonce_prefix"))
            }
        }
    }

    /// The target and the prefix of a job, also of one that a tip or a move has ended.
    fn job(&self, id: u32) -> Option<(Target, Vec<u8>)> {
        match self {
            Channel::Extended(channel) => channel
                .get_active_job()
                .filter(|job| job.job_message.job_id == id)
                .or(channel.get_past_job(id))
                .or(channel.get_stale_job(id))
                .map(|job| (job.target, job.extranonce_prefix.clone())),
            Channel::Standard(channel) => channel
                .get_active_job()
                .filter(|job| job.job_message.job_id == id)
                .or(channel.get_past_job(id))
                .or(channel.get_stale_job(id))
                .map(|job| (job.target, job.extranonce_prefix.clone())),
        }
    }

    fn verdict(&self, job_id: u32, refusal: Option<String>) -> Verdict {
        let (target, prefix) = self.job(job_id).unwrap_or((Target::MAX, Vec::new()));
        let (prefix, was_moved) = match self {
            Channel::Extended(channel) => {
                let was_moved = prefix != channel.get_extranonce_prefix();
                (Some(prefix), was_moved)
            }
            Channel::Standard(_) => (None, true),
        };
        let is_overtaken = refusal.as_deref() == Some("stale-share") && was_moved;
        Verdict { refusal, is_overtaken, difficulty: target.difficulty_float(), prefix }
    }

    pub fn judge_standard(&mut self, share: SubmitSharesStandardOwned) -> Verdict {
        let job_id = share.job_id;
        let refusal = match self {
            Channel::Standard(channel) => channel.validate_share(share).err().map(code),
            Channel::Extended(_) => Some("a standard share on an extended channel".into()),
        };
        self.verdict(job_id, refusal)
    }

    pub fn judge_extended(&mut self, share: SubmitSharesExtendedOwned) -> Verdict {
        let job_id = share.job_id;
        let refusal = match self {
            Channel::Extended(channel) => channel.validate_share(share).err().map(code),
            Channel::Standard(_) => Some("an extended share on a standard channel".into()),
        };
        self.verdict(job_id, refusal)
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A message in a few words: its name, and what a row may ask of it. Jobs and what goes with them
//! come at any time and are left out.

use parsers_sv2::{
    AnyMessageOwned, CommonMessagesOwned, ExtensionsNegotiationOwned, ExtensionsOwned,
    IsSv2Message, MiningOwned, message_type_to_name,
};

fn mining(message: &MiningOwned) -> Option<String> {
    use MiningOwned as M;
    let words = match message {
        M::NewMiningJob(_)
        | M::NewExtendedMiningJob(_)
        | M::SetNewPrevHash(_)
        | M::SetExtranoncePrefix(_)
        | M::SetGroupChannel(_) => return None,
        M::OpenStandardMiningChannelSuccess(m) => format!("opens standard {}", m.request_id),
        M::OpenExtendedMiningChannelSuccess(m) => format!("opens extended {}", m.request_id),
        M::OpenMiningChannelError(m) => {
            format!("refuses {}: {}", m.request_id, m.error_code.as_utf8_or_hex())
        }
        M::UpdateChannelError(m) => {
            format!("UpdateChannel.Error {}", m.error_code.as_utf8_or_hex())
        }
        M::SubmitSharesSuccess(m) => format!("accepts {}", m.last_sequence_number),
        M::SubmitSharesError(m) => {
            format!("rejects {}: {}", m.sequence_number, m.error_code.as_utf8_or_hex())
        }
        M::SetCustomMiningJobError(m) => {
            format!("SetCustomMiningJob.Error {}", m.error_code.as_utf8_or_hex())
        }
        other => message_type_to_name(other.message_type()).into(),
    };
    Some(words)
}

pub fn said(message: &AnyMessageOwned) -> Option<String> {
    use CommonMessagesOwned as C;
    match message {
        AnyMessageOwned::Mining(message) => mining(message),
        AnyMessageOwned::Common(C::SetupConnectionSuccess(m)) => {
            Some(format!("sets up version {} flags {:x}", m.used_version, m.flags))
        }
        AnyMessageOwned::Common(C::SetupConnectionError(m)) => {
            Some(format!("setup {} flags {:x}", m.error_code.as_utf8_or_hex(), m.flags))
        }
        AnyMessageOwned::Extensions(ExtensionsOwned::ExtensionsNegotiation(m)) => {
            Some(negotiation(m))
        }
        other => Some(message_type_to_name(other.message_type()).into()),
    }
}

fn negotiation(message: &ExtensionsNegotiationOwned) -> String {
    use ExtensionsNegotiationOwned as N;
    match message {
        N::RequestExtensions(_) => "RequestExtensions".into(),
        N::RequestExtensionsSuccess(m) => {
            format!("extensions {} supports {}", m.request_id, m.supported_extensions.len())
        }
        N::RequestExtensionsError(m) => format!(
            "extensions {} lacks {} needs {}",
            m.request_id,
            m.unsupported_extensions.len(),
            m.required_extensions.len()
        ),
    }
}

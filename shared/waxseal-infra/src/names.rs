//! Names, and CloudFormation's functions in their long form, which every YAML reader understands.

use serde_json::{Value, json};
use waxseal::{Bus, Declared};
use waxseal_catalog::{App, FIFO_DEAD_LETTERS_SUFFIX, routes::Fifo};

/// Characters of the longest stage; the templates' parameter `Stage` allows no more.
pub(crate) const LONGEST_STAGE: usize = 16;
/// The pattern of a stage's name.
pub(crate) const STAGE_PATTERN: &str = "^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$";

/// The name of the alias of a function with ready instances.
pub(crate) const LIVE: &str = "live";

/// The full name of a resource, `shop-${Stage}-orders-dlq`, for `Fn::Sub`.
pub(crate) fn named(app: &App, rest: &str) -> String {
    format!("{}-${{Stage}}-{rest}", app.name)
}

/// The logical id of a FIFO queue: `FifoBookings`.
pub(crate) fn fifo_id(queue: &Fifo) -> String {
    format!("Fifo{}", pascal(&queue.name))
}

/// The logical id of its dead-letter queue.
pub(crate) fn fifo_dead_letters_id(queue: &Fifo) -> String {
    format!("{}DeadLetters", fifo_id(queue))
}

/// The end of a FIFO queue's name: `-bookings.fifo`.
pub(crate) fn fifo(queue: &Fifo) -> String {
    format!("-{}.fifo", queue.name)
}

/// The end of its dead-letter queue's name.
pub(crate) fn fifo_dead_letters(queue: &Fifo) -> String {
    format!("-{}{FIFO_DEAD_LETTERS_SUFFIX}.fifo", queue.name)
}

/// The CloudWatch namespace of the application's own metrics, for `Fn::Sub`: one for each stage.
pub(crate) fn namespace(app: &App) -> String {
    format!("{}-${{Stage}}", app.name)
}

/// `{"Ref": id}`.
pub(crate) fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

/// The ARN of a resource of the same stack.
pub(crate) fn arn(id: &str) -> Value {
    attribute(id, "Arn")
}

pub(crate) fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

pub(crate) fn sub(text: impl Into<String>) -> Value {
    json!({ "Fn::Sub": text.into() })
}

/// A text that a declaration gives, with the values of a stage in the place of `${…}`.
pub(crate) fn text(text: &str) -> Value {
    if text.contains("${") { sub(text) } else { json!(text) }
}

/// The value that the bus's stack exports under this name.
pub(crate) fn import(name: String) -> Value {
    json!({ "Fn::ImportValue": sub(name) })
}

/// The ARN of a queue by its name, where a reference would be a circle or belongs to another stack.
pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}")
}

/// The URL of another stack's queue, by its name. With an export, two services that send each other
/// commands would wait for each other's stacks for ever.
pub(crate) fn queue_url(name: &str) -> String {
    format!("https://sqs.${{AWS::Region}}.${{AWS::URLSuffix}}/${{AWS::AccountId}}/{name}")
}

/// A rule's name. A name that would pass EventBridge's 64 characters with the longest stage is cut
/// and marked.
///
/// Rules have names so that queue policies can name them before they exist: a rule without a policy
/// loses events.
pub(crate) fn rule(app: &str, service: &str, event: &str) -> String {
    let room = 64_usize.saturating_sub(app.len() + LONGEST_STAGE + service.len() + "---".len());
    let rest = if event.len() <= room {
        event.to_owned()
    } else {
        let kept: String = event.chars().take(room.saturating_sub(9)).collect();
        format!("{kept}-{:08x}", mark(event))
    };
    format!("{app}-${{Stage}}-{service}-{rest}")
}

/// FNV-1a, 32 bits: the same on every machine and in every version.
pub(crate) fn mark(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The name of the rule for an event. A foreign event has its owner's names, in which a rule's name
/// cannot have every character.
pub(crate) fn rule_for(app: &str, service: &str, event: &Declared) -> String {
    if !event.is_foreign() {
        return rule(app, service, event.name);
    }
    let whole = format!("{}-{}", event.owner, event.name);
    let takes = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let clean: String = whole.chars().map(|c| if takes(c) { c } else { '-' }).collect();
    match clean == whole {
        true => rule(app, service, &clean),
        false => rule(app, service, &format!("{clean}-{:08x}", mark(&whole))),
    }
}

/// The bus of a rule in its ARN: nothing for the default bus.
pub(crate) fn bus_part(app: &str, bus: Bus) -> String {
    match bus {
        Bus::Application => format!("{app}-${{Stage}}-bus/"),
        Bus::Default => String::new(),
        Bus::Partner(name) => format!("${{{}}}/", partner_parameter(name)),
    }
}

/// The ARN of a rule by its name, with its bus as [`bus_part`] has it.
pub(crate) fn rule_arn(bus: &str, name: &str) -> Value {
    sub(format!("arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{bus}{name}"))
}

/// The parameter for the name of a partner's bus, which each account has under another name.
pub(crate) fn partner_parameter(name: &str) -> String {
    format!("PartnerBus{}", words(name.trim_start_matches("aws.partner/")))
}

/// Any text as part of a logical id: its words of ASCII letters and digits, capitalised.
pub(crate) fn words(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_alphanumeric()).map(pascal).collect()
}

/// `order.placed` as part of a logical id: `OrderPlaced`.
pub(crate) fn pascal(name: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
    };
    name.split(['.', '-', '_']).map(capital).collect()
}

/// `PAYMENT_GATEWAY_URL` as a parameter: `PaymentGatewayUrl`.
pub(crate) fn parameter(variable: &str) -> String {
    pascal(&variable.to_ascii_lowercase())
}

/// A topic's name: SNS allows no `.`.
pub(crate) fn topic(name: &str) -> String {
    name.replace('.', "-")
}

pub(crate) fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The account itself, as a principal.
pub(crate) fn account() -> Value {
    json!({ "AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root") })
}

/// The tags of every resource that can have tags.
pub(crate) fn tags(app: &str, part: &str) -> Value {
    json!([
        { "Key": "application", "Value": app },
        { "Key": "stage", "Value": reference("Stage") },
        { "Key": "service", "Value": part },
    ])
}

/// The same tags where a resource has them as a map, as those of API Gateway do.
pub(crate) fn tag_map(app: &str, part: &str) -> Value {
    json!({ "application": app, "stage": reference("Stage"), "service": part })
}

/// The types of those resources.
pub(crate) const TAGGED: [&str; 14] = [
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::KMS::Key",
    "AWS::Events::EventBus",
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::Lambda::Function",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::CloudWatch::Alarm",
];

/// The parameter that every stack has.
pub(crate) fn stage_parameter() -> Value {
    json!({
        "Type": "String",
        "Description": "What the resources are named after, such as local or prod",
        "AllowedPattern": STAGE_PATTERN,
        "ConstraintDescription": "lower-case letters, digits and -, 16 at most, a letter first",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_catalog_become_names_of_templates() {
        assert_eq!(pascal("stock.level-changed"), "StockLevelChanged");
        assert_eq!(parameter("PAYMENT_GATEWAY_URL"), "PaymentGatewayUrl");
        assert_eq!(rule("shop", "orders", "order.placed"), "shop-${Stage}-orders-order.placed");
        let long = rule("shop", "orders", &"x".repeat(128));
        assert_eq!(long.len() + LONGEST_STAGE - "${Stage}".len(), 64);
        assert_ne!(long, rule("shop", "orders", &"x".repeat(127)));
        assert!(is_word("order-desk") && !is_word("Orders") && !is_word("orders-") && !is_word(""));
    }
}

//! What a service declares for its function beside its messages: permissions, secrets, network, layers.

use serde_json::{Map, Value, json};
use waxseal_catalog::{Architecture, Deployed, Secret, SecretStore, Statement, settings::SECRETS};

use crate::{
    names::{reference, text},
    service::builder::StackBuilder,
};

/// The parameter with the subnets of a function in a network. `none` is no network.
pub(crate) const SUBNETS: &str = "SubnetIds";
/// The parameter with its security groups.
pub(crate) const SECURITY_GROUPS: &str = "SecurityGroupIds";
/// Holds where a stage brings a network.
const IN_VPC: &str = "InVpc";
/// The parameter with the processor of a function that is not for ARM.
const ARCHITECTURE: &str = "FunctionArchitecture";

/// The statements of a function's role for everything that is declared here.
pub(super) fn statements(service: &Deployed) -> Vec<Value> {
    let mut all = secrets(service);
    all.extend(service.infrastructure.vpc.then(network));
    all.extend(declared(service));
    all
}

/// The statements of the service's own, as IAM has them, in the order of their declaration.
pub(crate) fn declared(service: &Deployed) -> Vec<Value> {
    let statement = |(index, one): (usize, &Statement)| {
        let resources = match one.why_everything {
            Some(_) => json!("*"),
            None => one.resources.iter().map(|resource| text(resource)).collect(),
        };
        let mut statement = json!({
            "Sid": format!("Own{}", index + 1),
            "Effect": "Allow",
            "Action": one.actions,
            "Resource": resources,
        });
        if let Some(condition) = &one.condition {
            statement["Condition"] = condition.clone();
        }
        statement
    };
    service.infrastructure.statements.iter().enumerate().map(statement).collect()
}

/// The statements that let a function read its secrets, and nothing else.
pub(crate) fn secrets(service: &Deployed) -> Vec<Value> {
    let of = |store: SecretStore| {
        let all = service.infrastructure.secrets.iter().filter(move |secret| secret.store == store);
        all.map(secret_arn).collect::<Vec<_>>()
    };
    let (manager, parameters) = (of(SecretStore::SecretsManager), of(SecretStore::ParameterStore));
    let allow = |sid: &str, action: &str, resources: Vec<Value>| json!({ "Sid": sid, "Effect": "Allow", "Action": action, "Resource": resources });
    let mut all = Vec::new();
    if !manager.is_empty() {
        all.push(allow("Secrets", "secretsmanager:GetSecretValue", manager));
    }
    if !parameters.is_empty() {
        all.push(allow("SecretParameters", "ssm:GetParameter", parameters));
    }
    let keyed =
        service.infrastructure.secrets.iter().filter_map(|secret| Some((secret, secret.key.as_ref()?)));
    all.extend(keyed.map(|(secret, key)| {
        json!({
            "Sid": format!("Key{}", crate::names::parameter(&secret.variable)),
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            // IAM knows a key by its id alone, which differs in each account. The condition has its alias.
            "Resource": crate::names::sub("arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"),
            "Condition": {
                "StringEquals": {
                    "kms:ViaService":
                        crate::names::sub(format!("{}.${{AWS::Region}}.${{AWS::URLSuffix}}", secret.store.word())),
                },
                "ForAnyValue:StringEquals": { "kms:ResourceAliases": text(key) },
            },
        })
    }));
    all
}

/// The ARN of a secret. Secrets Manager ends an ARN with six random letters. Source: Secrets Manager
/// user guide, "IAM policy examples", wildcards.
fn secret_arn(secret: &Secret) -> Value {
    let here = "${AWS::Region}:${AWS::AccountId}";
    crate::names::sub(match secret.store {
        SecretStore::ParameterStore => {
            format!("arn:${{AWS::Partition}}:ssm:{here}:parameter{}", secret.name)
        }
        _ => format!("arn:${{AWS::Partition}}:secretsmanager:{here}:secret:{}-??????", secret.name),
    })
}

/// The variables that tell a function where its secrets are.
pub(crate) fn secret_variables(service: &Deployed) -> Map<String, Value> {
    let variable = |secret: &Secret| {
        let place = format!("{}:{}", secret.store.word(), secret.name);
        (SECRETS.member(&secret.variable), text(&place))
    };
    service.infrastructure.secrets.iter().map(variable).collect()
}

/// The permission to join a network. EC2 knows no resources for it. Source: Lambda developer guide,
/// "Giving Lambda functions access to resources in an Amazon VPC".
pub(crate) fn network() -> Value {
    json!({
        "Sid": "Network",
        "Effect": "Allow",
        "Action": [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ],
        "Resource": "*",
    })
}

/// The properties of a function that differ from those of any other.
pub(crate) fn properties(service: &Deployed) -> Map<String, Value> {
    let infrastructure = &service.infrastructure;
    let mut properties = Map::new();
    let mut add = |name: &str, value: Value| drop(properties.insert(name.to_owned(), value));
    if infrastructure.architecture != Architecture::Arm64 {
        add("Architectures", json!([reference(ARCHITECTURE)]));
    }
    if !infrastructure.layers.is_empty() {
        add("Layers", infrastructure.layers.iter().map(|layer| text(layer)).collect());
    }
    if let Some(storage) = infrastructure.storage {
        add("EphemeralStorage", json!({ "Size": storage }));
    }
    if infrastructure.vpc {
        let config =
            json!({ "SubnetIds": reference(SUBNETS), "SecurityGroupIds": reference(SECURITY_GROUPS) });
        add("VpcConfig", json!({ "Fn::If": [IN_VPC, config, reference("AWS::NoValue")] }));
    }
    properties
}

/// Adds them to the function.
pub(super) fn complete(builder: &mut StackBuilder<'_>) {
    let own = properties(builder.service);
    let function = builder.resources.get_mut("Function");
    if let Some(properties) = function.and_then(|function| function["Properties"].as_object_mut()) {
        properties.extend(own);
    }
}

/// The parameters that a stage brings for them.
pub(super) fn parameters(service: &Deployed) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let architecture = service.infrastructure.architecture;
    if architecture != Architecture::Arm64 {
        all.push((
            ARCHITECTURE.to_owned(),
            json!({
                "Type": "String",
                "Default": architecture.as_str(),
                "AllowedValues": ["arm64", "x86_64"],
                "Description": "What the function was built for; a local stage runs on whatever the machine is",
            }),
        ));
    }
    if service.infrastructure.vpc {
        let list = |about: &str| json!({ "Type": "CommaDelimitedList", "Description": about });
        all.push((
            SUBNETS.to_owned(),
            list("The subnets of the function, comma-separated, or none for no network"),
        ));
        all.push((
            SECURITY_GROUPS.to_owned(),
            list("The security groups of the function, comma-separated, or none"),
        ));
    }
    all
}

/// The conditions that the function's properties name.
pub(super) fn conditions(service: &Deployed) -> Map<String, Value> {
    let mut conditions = Map::new();
    if service.infrastructure.vpc {
        let first = json!({ "Fn::Select": [0, reference(SUBNETS)] });
        let none = json!({ "Fn::Equals": [first, "none"] });
        conditions.insert(IN_VPC.to_owned(), json!({ "Fn::Not": [none] }));
    }
    conditions
}

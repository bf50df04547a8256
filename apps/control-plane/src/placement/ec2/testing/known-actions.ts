// Known actions: what the stand-in EC2 understands, each with the parameters that it takes.

export const KNOWN_ACTIONS: Record<string, string> = {
  DescribeInstances: 'Filter InstanceId NextToken',
  DescribeNetworkInterfaces: 'Filter NetworkInterfaceId NextToken',
  DescribeVolumes: 'Filter VolumeId NextToken',
  DescribeSnapshots: 'Filter SnapshotId Owner NextToken',
  DescribeSecurityGroups: 'Filter GroupId NextToken',
  DescribeSubnets: 'SubnetId',
  DescribeImages: 'Owner Filter',
  CreateSecurityGroup: 'GroupName GroupDescription VpcId TagSpecification',
  AuthorizeSecurityGroupIngress: 'GroupId IpPermissions',
  DeleteSecurityGroup: 'GroupId',
  CreateNetworkInterface: 'SubnetId SecurityGroupId Description ClientToken TagSpecification',
  DeleteNetworkInterface: 'NetworkInterfaceId',
  CreateVolume: 'AvailabilityZone Size VolumeType Encrypted ClientToken TagSpecification SnapshotId',
  AttachVolume: 'InstanceId VolumeId Device',
  DeleteVolume: 'VolumeId',
  CreateSnapshot: 'VolumeId Description TagSpecification',
  DeleteSnapshot: 'SnapshotId',
  RunInstances:
    'ImageId InstanceType MinCount MaxCount ClientToken UserData IamInstanceProfile NetworkInterface MetadataOptions InstanceInitiatedShutdownBehavior TagSpecification',
  StartInstances: 'InstanceId',
  StopInstances: 'InstanceId',
  TerminateInstances: 'InstanceId',
  CreateTags: 'ResourceId Tag',
  GetConsoleOutput: 'InstanceId Latest',
};

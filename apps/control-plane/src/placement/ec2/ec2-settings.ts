// EC2 settings: where in the cloud tenants are placed, and as what.

export interface Ec2Settings {
  region: string;
  /** Tells the tenants of this platform from those of another in the same account. */
  env: string;
  subnetId: string;
  /** Security group of edge and control plane: nobody else reaches a tenant. */
  edgeGroupId: string;
  instanceType: string;
  instanceProfile: string;
  dataGib: number;
  endpoint: string | null;
  secretsEndpoint: string | null;
}

/** Where a tenant listens on its machine. */
export const TENANT_PORT = 8080;

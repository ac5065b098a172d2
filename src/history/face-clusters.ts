import { euclideanDistance } from '../matching/matcher.js';

/** A face that belongs to a cluster. */
export interface ClusteredFace {
  readonly cluster: string;
  /** Embedder that made the vector; only vectors of one contract are compared. */
  readonly contract: string;
  readonly vector: Float32Array;
}

interface Cluster {
  readonly contract: string;
  readonly sum: Float64Array;
  /** The mean of its faces. */
  readonly centre: Float32Array;
  faces: number;
}

export interface NearCluster {
  readonly cluster: string;
  /** Plain Euclidean distance to the centre. */
  readonly distance: number;
}

/** Faces in clusters, each with the mean of its faces as the centre. */
export class FaceClusters {
  private readonly faces = new Map<string, ClusteredFace>();
  private readonly clusters = new Map<string, Cluster>();

  /** Ids of all faces. */
  get ids(): IterableIterator<string> {
    return this.faces.keys();
  }

  clusterOf(id: string): string | undefined {
    return this.faces.get(id)?.cluster;
  }

  /** Adds a face, or puts one that is there into another cluster. */
  put(id: string, face: ClusteredFace): void {
    this.remove(id);
    this.faces.set(id, face);
    const { cluster: name, contract, vector } = face;
    const known = this.clusters.get(name);
    // Faces of another embedder may have the same cluster after a switch; they have no part in its centre.
    if (known !== undefined && known.contract !== contract) return;
    const length = vector.length;
    const cluster = known ?? { contract, sum: new Float64Array(length), centre: new Float32Array(length), faces: 0 };
    this.clusters.set(name, cluster);
    shift(cluster, vector, 1);
  }

  /** Puts a face that is there into another cluster. */
  move(id: string, cluster: string): void {
    const face = this.faces.get(id);
    if (face !== undefined && face.cluster !== cluster) this.put(id, { ...face, cluster });
  }

  remove(id: string): void {
    const face = this.faces.get(id);
    if (face === undefined) return;
    this.faces.delete(id);
    const cluster = this.clusters.get(face.cluster)!;
    if (cluster.contract !== face.contract) return;
    if (cluster.faces === 1) this.clusters.delete(face.cluster);
    else shift(cluster, face.vector, -1);
  }

  /**
   * The clusters whose centres lie near a vector, the nearest first.
   * @param within plain Euclidean distance, inclusive
   * @param isMeant clusters that are asked for
   */
  near(
    vector: Float32Array,
    contract: string,
    within: number,
    isMeant: (cluster: string) => boolean = () => true,
  ): NearCluster[] {
    const found: NearCluster[] = [];
    for (const [name, { contract: own, centre }] of this.clusters) {
      if (own !== contract) continue;
      const distance = euclideanDistance(centre, vector);
      if (distance <= within && isMeant(name)) found.push({ cluster: name, distance });
    }
    return found.sort((a, b) => a.distance - b.distance);
  }

  /** The centre of a cluster; null where it has no face with a vector. */
  centreOf(cluster: string): Pick<Cluster, 'contract' | 'centre' | 'faces'> | null {
    return this.clusters.get(cluster) ?? null;
  }
}

function shift(cluster: Cluster, vector: Float32Array, sign: 1 | -1): void {
  cluster.faces += sign;
  for (let i = 0; i < vector.length; i++) {
    cluster.sum[i] += sign * vector[i];
    cluster.centre[i] = cluster.sum[i] / cluster.faces;
  }
}

import type { AttributeName, FaceAttributes } from '../attributes/attributes.js';
import type { EmbedderContract } from '../embed/embedder.js';
import type { Appearance, Scene } from '../image/appearance.js';
import type { Box, Landmarks5, Point } from '../image/box.js';
import type { Margin } from '../image/crop-area.js';
import type { PhotoWarning, RgbImage } from '../image/image.js';
import type { FaceQuality } from '../image/quality.js';
import type { AlignedGreys } from '../landmarks/aligned-greys.js';
import type { Liveness } from '../liveness/liveness.js';

/**
 * Everything that the pipeline does, a method each. A new method is declared here, implemented by `FacePipeline`, and called
 * through {@link Pipeline.run}; the worker threads pass any method on. Requests and results must be cloneable.
 *
 * Every method throws RostroError `not_an_image`, `unsupported_image`, `damaged_image` or `image_too_large` for bytes that
 * are not a usable photo.
 */
export interface PipelineMethods {
  detect(request: PhotoRequest): Promise<Detection>;
  /** Every face of the photo with its embedding, up to a limit; the list is empty where there is none. */
  analyse(request: AnalysisRequest): Promise<Analysis>;
  /**
   * The face to enrol.
   * @throws RostroError `no_face`; `several_faces` with the boxes that were found; `bad_request` for a face that does not exist
   */
  enrolmentFace(request: EnrolmentRequest): Promise<EnrolmentFace>;
  /** Detects or follows the faces of a camera frame, and embeds those that need it. */
  live(request: LiveRequest): Promise<LiveFrame>;
  /** The faces of a frame with all that a challenge measures. */
  observe(request: ObserveRequest): Promise<ObservedFrame>;
  /** Embeds the face that a photo of a dataset shows. */
  central(request: CentralRequest): Promise<CentralFace>;
  /** Cuts out the faces of a photo of a dataset. */
  align(request: AlignRequest): Promise<Alignment>;
}

export type PipelineMethod = keyof PipelineMethods;
export type PipelineRequest<M extends PipelineMethod> = Parameters<PipelineMethods[M]>[0];
export type PipelineResult<M extends PipelineMethod> = Awaited<ReturnType<PipelineMethods[M]>>;

/** From the bytes of a photo to its faces. */
export interface Pipeline {
  readonly info: PipelineInfo;
  /**
   * @example await pipeline.run('detect', { bytes }, signal)
   * @throws what the method throws; the signal's reason when it is aborted; RostroError `busy` when too many photos wait
   */
  run<M extends PipelineMethod>(
    method: M,
    request: PipelineRequest<M>,
    signal?: AbortSignal,
  ): Promise<PipelineResult<M>>;
}

/** What runs, for people and for the gallery. */
export interface PipelineInfo {
  readonly detector: string;
  readonly engine: string;
  /** Execution provider of the embedding network; the detector's networks run on the CPU. */
  readonly provider: string;
  readonly contract: EmbedderContract;
  /** Least score of a living person, 0..1; null where liveness is not judged. */
  readonly livenessThreshold: number | null;
  /** Whether requests may ask for attributes. */
  readonly attributes: boolean;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export interface Face {
  /** Pixels of the upright original. */
  readonly box: Box;
  readonly confidence: number;
  readonly landmarks: Landmarks5 | null;
  /** Present where the request asked for attributes; of the largest faces where the photo has more than are embedded. */
  readonly attributes?: FaceAttributes;
}

export interface JudgedFace extends Face {
  /** Null where liveness is not judged. */
  readonly live: Liveness | null;
}

export interface EmbeddedFace extends JudgedFace {
  readonly embedding: Float32Array;
}

/** Duration of each step, milliseconds. */
export interface DetectTimings {
  readonly decode: number;
  readonly detect: number;
  /** Present where attributes were asked for. */
  readonly attributes?: number;
}

export interface EmbedTimings extends DetectTimings {
  readonly embed: number;
}

export interface PhotoRequest {
  /** The photo file. */
  readonly bytes: Uint8Array;
  /** Whether overlapping parts of a large photo are searched too, for faces that the detector misses in the whole. */
  readonly tiles?: boolean | undefined;
  /** Whether the photo stands upright, as the picture of a camera does: other rotations are not tried. */
  readonly upright?: boolean | undefined;
  /**
   * What to guess about each face, for `detect` and `analyse`; by default nothing.
   * @throws RostroError `attributes_off` where the server forbids it
   */
  readonly attributes?: readonly AttributeName[] | undefined;
  /** False: liveness is not judged, for `detect` and `analyse`. By default it is where the networks are installed. */
  readonly liveness?: boolean | undefined;
}

/** How a photo that was sent alone was searched. Boxes and landmarks are in pixels of `image`. */
export interface PhotoSearch {
  /** The photo as it was sent, with its EXIF orientation applied. */
  readonly image: ImageSize;
  /** How far the faces lie turned clockwise in it, degrees; they were found and embedded upright. */
  readonly rotated: 0 | 90 | 180 | 270;
  /** Width of the smallest face that was looked for, pixels. */
  readonly smallestFace: number;
  readonly warnings: readonly PhotoWarning[];
}

export interface AnalysisRequest extends PhotoRequest {
  /** The embeddings are kept in the gallery, so that `FLIP=enrol` applies to them. */
  readonly toEnrol?: boolean;
}

export interface Detection extends PhotoSearch {
  readonly faces: readonly JudgedFace[];
  readonly timingsMs: DetectTimings;
}

export interface Analysis extends Detection {
  /** Where more faces were found than are embedded, the largest. */
  readonly faces: readonly EmbeddedFace[];
  /** How many were found. */
  readonly facesFound: number;
  readonly timingsMs: EmbedTimings;
}

export interface EnrolmentRequest extends PhotoRequest {
  /** Which of several faces: its index in the list that `several_faces` gave for these bytes. */
  readonly face?: number | undefined;
}

/** The face of an enrolment photo, with the crop to keep. */
export interface EnrolmentFace extends PhotoSearch {
  readonly face: EmbeddedFace;
  /** JPEG: the face with its surroundings, enough to crop it again for another embedder. */
  readonly crop: Uint8Array;
  /** The face's box in `crop`, pixels of the crop, which is upright. */
  readonly boxInCrop: Box;
  /** Of the face in the photo. */
  readonly quality: FaceQuality;
  /** Whether the edge of the photo cuts the face. */
  readonly cutOff: boolean;
  readonly timingsMs: EmbedTimings;
}

/** A camera sends the bytes of a photo, or pixels that have been decoded already. */
export type CameraFrame = Uint8Array | RgbImage;

export interface LiveRequest {
  readonly frame: CameraFrame;
  readonly state: TrackingState;
  /** As {@link PhotoRequest.liveness}. */
  readonly liveness?: boolean | undefined;
  /** Whether a crop of each face that is embedded is made. */
  readonly crops?: boolean;
}

/** A face of earlier frames. */
export interface KnownFace {
  /** Where it was last seen, pixels. */
  readonly box: Box;
  /** The last frame did not show it: it is not followed, but matched where a detection finds it. */
  readonly isMissing: boolean;
  readonly appearance: Appearance;
  /** Embed it in this frame in any case. */
  readonly embeddingIsDue: boolean;
  /** The highest `viewScore` at which it has been embedded. */
  readonly bestViewScore: number;
}

/** What a camera showed before this frame. */
export interface TrackingState {
  readonly faces: readonly KnownFace[];
  /** At the last detection; null before the first. */
  readonly scene: Scene | null;
  /** Detect in this frame, even if all faces can be followed. */
  readonly detectionIsDue: boolean;
}

export interface LiveFace extends JudgedFace {
  /** Its index in `TrackingState.faces`; null for a new face. */
  readonly known: number | null;
  readonly appearance: Appearance;
  /** How well the face can be seen, 0..1: 1 is large and frontal. Cheap to compute, for the choice of what to embed. */
  readonly viewScore: number;
  /** Null where it was not embedded in this frame; then `live` is null, too. */
  readonly embedding: Float32Array | null;
  /** Its quality score, 0..1; null where it was not embedded in this frame. */
  readonly quality: number | null;
  /** Whether the edge of the frame cuts the face. */
  readonly cutOff: boolean;
  /** Small JPEG of the face and its surroundings, where it was asked for and the face was embedded in this frame. */
  readonly crop?: Uint8Array;
}

/** One frame of a camera. */
export interface LiveFrame {
  readonly image: ImageSize;
  /** Whether the whole frame was searched, or only the surroundings of the faces of the frame before. */
  readonly found: 'detected' | 'followed';
  /** Where too many were found, the largest. */
  readonly faces: readonly LiveFace[];
  /** How many were found. */
  readonly facesFound: number;
  /** The scene of the last detection, to compare later frames with. */
  readonly scene: Scene;
  readonly timingsMs: EmbedTimings;
}

export interface ObserveRequest {
  /** The photo file. */
  readonly bytes: Uint8Array;
}

/** A face of {@link ObservedFrame}; positions in pixels of the frame. */
export interface SeenFace {
  readonly box: Box;
  /** The 68 iBUG points. */
  readonly landmarks: readonly Point[];
  /** See `eyesOpenOf`. */
  readonly eyesOpen: number;
  readonly aligned: AlignedGreys;
  readonly embedding: Float32Array;
  readonly appearance: Appearance;
  /** Mean grey of the face, 0 (black) to 1 (white). */
  readonly brightness: number;
  /** Null where liveness is not judged, and for the second face. */
  readonly live: Liveness | null;
}

export interface ObservedFrame {
  readonly image: ImageSize;
  /** The largest first, at most two. */
  readonly faces: readonly SeenFace[];
}

export interface CentralOptions {
  /** Photos are aligned crops: the whole picture is the face, and nothing is detected. */
  readonly aligned: boolean;
  /** Whether the face is embedded a second time, mirrored. */
  readonly mirrored: boolean;
}

export interface CentralRequest extends PhotoRequest, CentralOptions {}

/** The face that a photo of a dataset shows. */
export interface CentralFace {
  readonly image: ImageSize;
  readonly facesFound: number;
  /** Null where none was found. */
  readonly face: EmbeddedFace | null;
  /** Embedding of the mirrored face; null where it was not requested. */
  readonly mirrored: Float32Array | null;
}

export interface AlignOptions {
  /** Side of the crops, pixels. */
  readonly sizePx: number;
  readonly margin: Margin;
  /** Every face that is found, in descending confidence; otherwise only the central one. */
  readonly everyFace: boolean;
}

export interface AlignRequest extends PhotoRequest, AlignOptions {}

export interface AlignedFace extends Face {
  /** The crop as PNG, `sizePx` × `sizePx`. */
  readonly png: Uint8Array;
}

export interface Alignment {
  readonly image: ImageSize;
  readonly facesFound: number;
  readonly faces: readonly AlignedFace[];
}

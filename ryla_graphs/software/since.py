"""The ComfyUI release that first had each of its classes, as far back as its history tells versions.

Made by `python -m tools.class_versions CHECKOUT RECORDED` from ComfyUI's history, and from what servers of some
releases listed; not edited by hand.
"""

from __future__ import annotations

from collections.abc import Mapping

SINCE: Mapping[str, str] = {
    "0.3.11": ("CosmosImageToVideoLatent, SetFirstSigma"),
    "0.3.13": ("FluxDisableGuidance"),
    "0.3.14": ("ModelMergeCosmos14B, ModelMergeCosmos7B"),
    "0.3.15": ("CLIPTextEncodeLumina2, LoadImageOutput, ModelComputeDtype, RenormCFG, SaveWEBM"),
    "0.3.16": ("WanImageToVideo"),
    "0.3.19": ("ConditioningSetAreaPercentageVideo"),
    "0.3.20": ("LTXVAddGuide, LTXVCropGuides, LTXVPreprocess"),
    "0.3.23": ("HunyuanImageToVideo, TextEncodeHunyuanVideo_ImageToVideo"),
    "0.3.27": (
        "EmptyLatentHunyuan3Dv2, Hunyuan3Dv2Conditioning, Hunyuan3Dv2ConditioningMultiView, ImageRGBToYUV, "
        "ImageYUVToRGB, LotusConditioning, PrimitiveBoolean, PrimitiveFloat, PrimitiveInt, PrimitiveString, "
        "SaveGLB, VAEDecodeHunyuan3D, VoxelToMeshBasic"
    ),
    "0.3.28": (
        "CFGZeroStar, ModelMergeWAN2_1, OptimalStepsScheduler, VoxelToMesh, WanFunControlToVideo, WanFunInpaintToVideo"
    ),
    "0.3.29": ("QuadrupleCLIPLoader, WanFirstLastFrameToVideo"),
    "0.3.30": (
        "CLIPTextEncodeHiDream, FreSca, MaskPreview, OpenAIDalle2, OpenAIDalle3, OpenAIGPTImage1, "
        "TrimVideoLatent, WanVaceToVideo"
    ),
    "0.3.31": (
        "CreateVideo, ExtendIntermediateSigmas, GetVideoComponents, LoadVideo, PreviewAny, SaveVideo, "
        "T5TokenizerOptions"
    ),
    "0.3.32": (
        "FluxProExpandNode, FluxProFillNode, FluxProUltraImageNode, IdeogramV3, KlingImage2VideoNode, "
        "KlingImageGenerationNode, KlingLipSyncAudioToVideoNode, KlingLipSyncTextToVideoNode, "
        "KlingStartEndFrameNode, KlingTextToVideoNode, KlingVideoExtendNode, LumaConceptsNode, "
        "LumaImageModifyNode, LumaImageNode, LumaImageToVideoNode, LumaReferenceNode, LumaVideoNode, "
        "MinimaxImageToVideoNode, MinimaxTextToVideoNode, PixverseImageToVideoNode, PixverseTemplateNode, "
        "PixverseTextToVideoNode, PixverseTransitionVideoNode, PrimitiveStringMultiline, RecraftColorRGB, "
        "RecraftControls, RecraftCreativeUpscaleNode, RecraftCrispUpscaleNode, RecraftImageInpaintingNode, "
        "RecraftImageToImageNode, RecraftRemoveBackgroundNode, RecraftReplaceBackgroundNode, "
        "RecraftStyleV3DigitalIllustration, RecraftStyleV3InfiniteStyleLibrary, RecraftStyleV3LogoRaster, "
        "RecraftStyleV3RealisticImage, RecraftTextToImageNode, RecraftTextToVectorNode, "
        "RecraftVectorizeImageNode, VeoVideoGenerationNode"
    ),
    "0.3.33": ("EmptyAceStepLatentAudio, TextEncodeAceStepAudio"),
    "0.3.34": ("SaveSVGNode"),
    "0.3.35": (
        "APG, CaseConverter, ImageAddNoise, RegexExtract, RegexMatch, SaveAudioMP3, SaveAudioOpus, "
        "StringCompare, StringConcatenate, StringContains, StringLength, StringReplace, StringSubstring, "
        "StringTrim, WanCameraEmbedding, WanCameraImageToVideo"
    ),
    "0.3.37": (
        "GeminiInputFiles, GeminiNode, OpenAIChatConfig, OpenAIChatNode, OpenAIInputFiles, Rodin3D_Detail, "
        "Rodin3D_Regular, Rodin3D_Sketch, Rodin3D_Smooth, RunwayFirstLastFrameNode, "
        "RunwayImageToVideoNodeGen3a, RunwayImageToVideoNodeGen4, RunwayTextToImageNode, TripoConversionNode, "
        "TripoImageToModelNode, TripoMultiviewToModelNode, TripoRefineNode, TripoRetargetNode, TripoRigNode, "
        "TripoTextToModelNode, TripoTextureNode"
    ),
    "0.3.39": ("FluxKontextMaxImageNode, FluxKontextProImageNode, WanPhantomSubjectToVideo"),
    "0.3.40": ("GetImageSize, ImageStitch, RegexReplace"),
    "0.3.41": ("CosmosPredict2ImageToVideoLatent, LoraModelLoader, LossGraphNode, TrainLoraNode"),
    "0.3.42": (
        "FluxKontextImageScale, ModelMergeCosmosPredict2_14B, ModelMergeCosmosPredict2_2B, ReferenceLatent, "
        "ResizeAndPadImage"
    ),
    "0.3.44": ("ImageFlip, ImageRotate, SamplerER_SDE, SkipLayerGuidanceDiTSimple, TCFG"),
    "0.3.45": ("CFGNorm, SamplerSASolver, SamplingPercentToSigma"),
    "0.3.46": ("Wan22ImageToVideoLatent, WanTrackToVideo"),
    "0.3.49": ("Veo3VideoGenerationNode"),
    "0.3.50": ("ModelMergeQwenImage, Wan22FunControlToVideo"),
    "0.3.51": (
        "ContextWindowsManual, FluxKontextMultiReferenceLatentMethod, MinimaxHailuoVideoNode, RecordAudio, "
        "TextEncodeQwenImageEdit, ViduImageToVideoNode, ViduReferenceVideoNode, ViduStartEndToVideoNode, "
        "ViduTextToVideoNode, WanContextWindowsManual"
    ),
    "0.3.52": ("EasyCache, LazyCache, ModelPatchLoader, QwenImageDiffsynthControlnet"),
    "0.3.53": ("AudioEncoderEncode, AudioEncoderLoader, GeminiImageNode, LatentConcat, WanSoundImageToVideo"),
    "0.3.55": ("LatentCut, WanSoundImageToVideoExtend"),
    "0.3.57": ("ByteDanceImageNode, ImageScaleToMaxDimension, USOStyleReference"),
    "0.3.58": (
        "ByteDanceFirstLastFrameNode, ByteDanceImageReferenceNode, ByteDanceImageToVideoNode, "
        "ByteDanceTextToVideoNode, EmptyHunyuanImageLatent"
    ),
    "0.3.59": ("ByteDanceSeedreamNode"),
    "0.3.60": (
        "ChromaRadianceOptions, EmptyChromaRadianceLatentImage, HunyuanRefinerLatent, "
        "TextEncodeQwenImageEditPlus, WanAnimateToVideo, WanHuMoImageToVideo, WanImageToVideoApi, "
        "WanTextToImageApi, WanTextToVideoApi"
    ),
    "0.3.61": (
        "AudioAdjustVolume, AudioConcat, AudioMerge, EmptyAudio, Rodin3D_Gen2, SplitAudioChannels, "
        "TrimAudioDuration, WanImageToImageApi"
    ),
    "0.3.63": ("Epsilon Scaling"),
    "0.3.64": ("OpenAIVideoSora2"),
    "0.3.66": ("TemporalScoreRescaling"),
    "0.3.67": ("LtxvApiImageToVideo, LtxvApiTextToVideo"),
    "0.3.68": ("ScaleROPE"),
    "0.3.70": ("wanBlockSwap"),
    "0.3.71": (
        "EmptyHunyuanVideo15Latent, GeminiImage2Node, HunyuanVideo15ImageToVideo, "
        "HunyuanVideo15LatentUpscaleWithModel, HunyuanVideo15SuperResolution, LatentUpscaleModelLoader, "
        "TopazImageEnhance, TopazVideoEnhance"
    ),
    "0.3.72": ("EmptyFlux2LatentImage, Flux2ProImageNode, Flux2Scheduler"),
    "0.3.76": (
        "AddTextPrefix, AddTextSuffix, AdjustBrightness, AdjustContrast, CenterCropImages, "
        "ImageDeduplication, ImageGrid, KlingOmniProEditVideoNode, KlingOmniProFirstLastFrameNode, "
        "KlingOmniProImageToVideoNode, KlingOmniProTextToVideoNode, KlingOmniProVideoToVideoNode, "
        "LoadImageDataSetFromFolder, LoadImageTextDataSetFromFolder, LoadTrainingDataset, "
        "MakeTrainingDataset, MergeImageLists, MergeTextLists, NormalizeImages, RandomCropImages, "
        "ReplaceText, ResizeImagesByLongerEdge, ResizeImagesByShorterEdge, SaveImageDataSetToFolder, "
        "SaveImageTextDataSetToFolder, SaveLoRA, SaveTrainingDataset, ShuffleDataset, "
        "ShuffleImageTextDataset, StripWhitespace, TextToLowercase, TextToUppercase, TruncateText, "
        "Veo3FirstLastFrameNode"
    ),
    "0.4.0": (
        "CLIPTextEncodeKandinsky5, Kandinsky5ImageToVideo, KlingOmniProImageNode, NormalizeVideoLatentStart, "
        "ReplaceVideoLatentFrames"
    ),
    "0.5.0": (
        "GenerateTracks, KlingImageToVideoWithAudio, KlingTextToVideoWithAudio, SamplerSEEDS2, "
        "WanMoveConcatTrack, WanMoveTrackToVideo, WanMoveTracksFromCoords, WanMoveVisualizeTracks, "
        "ZImageFunControlnet"
    ),
    "0.6.0": ("EmptyQwenImageLayeredLatentImage, Flux2MaxImageNode, LatentCutToBatch, ResolutionBucket"),
    "0.7.0": ("KlingMotionControl, ManualSigmas"),
    "0.8.0": (
        "BatchImagesNode, BatchLatentsNode, BatchMasksNode, ComfySwitchNode, CustomCombo, "
        "LTXAVTextEncoderLoader, LTXVAudioVAEDecode, LTXVAudioVAEEncode, LTXVAudioVAELoader, "
        "LTXVConcatAVLatent, LTXVEmptyLatentAudio, LTXVImgToVideoInplace, LTXVLatentUpsampler, "
        "LTXVSeparateAVLatent, ResizeImageMaskNode, WanReferenceVideoApi"
    ),
    "0.9.0": (
        "ImageCompare, JoinAudioChannels, Vidu2ImageToVideoNode, Vidu2ReferenceVideoNode, "
        "Vidu2StartEndToVideoNode, Vidu2TextToVideoNode"
    ),
    "0.9.2": (
        "MeshyAnimateModelNode, MeshyImageToModelNode, MeshyMultiImageToModelNode, MeshyRefineNode, "
        "MeshyRigModelNode, MeshyTextToModelNode, MeshyTextureNode"
    ),
    "0.10.0": ("BriaImageEditNode"),
    "0.11.0": (
        "LoraLoaderBypass, LoraLoaderBypassModelOnly, MagnificImageRelightNode, "
        "MagnificImageSkinEnhancerNode, MagnificImageStyleTransferNode, TencentImageToModelNode, "
        "TencentTextToModelNode, TextEncodeZImageOmni, WanInfiniteTalkToVideo, WavespeedFlashVSRNode, "
        "WavespeedImageUpscaleNode"
    ),
    "0.11.1": ("GrokImageEditNode, GrokImageNode, GrokVideoEditNode, GrokVideoNode"),
    "0.12.0": (
        "ColorToRGBInt, EmptyAceStep1.5LatentAudio, HitPawGeneralImageEnhance, HitPawVideoEnhance, "
        "RecraftCreateStyleNode, ReferenceTimbreAudio, TextEncodeAceStepAudio1.5, Vidu3ImageToVideoNode, "
        "Vidu3TextToVideoNode, ViduExtendVideoNode, ViduMultiFrameVideoNode"
    ),
    "0.12.3": ("VAEDecodeAudioTiled"),
    "0.13.0": (
        "CreateList, KlingFirstLastFrameNode, KlingVideoNode, MagnificImageUpscalerCreativeNode, "
        "MagnificImageUpscalerPreciseV2Node"
    ),
    "0.14.0": ("BriaRemoveImageBackground, BriaRemoveVideoBackground, NAGuidance, Tencent3DPartNode, Video Slice"),
    "0.14.1": ("RecraftV4TextToImageNode, RecraftV4TextToVectorNode, Vidu3StartEndToVideoNode"),
    "0.15.0": (
        "AudioEqualizer3Band, ElevenLabsAudioIsolation, ElevenLabsInstantVoiceClone, "
        "ElevenLabsSpeechToSpeech, ElevenLabsSpeechToText, ElevenLabsTextToDialogue, "
        "ElevenLabsTextToSoundEffects, ElevenLabsTextToSpeech, ElevenLabsVoiceSelector, ImageCropV2, "
        "ImageMergeTileList, KlingAvatarNode, PrimitiveBoundingBox, SplitImageToTileList, TextGenerate, "
        "TextGenerateLTX2Prompt"
    ),
    "0.15.1": ("GeminiNanoBanana2"),
    "0.16.0": (
        "CropByBBoxes, ResolutionSelector, SDPoseDrawKeypoints, SDPoseFaceBBoxes, SDPoseKeypointExtractor, "
        "Tencent3DTextureEditNode, TencentModelTo3DUVNode, WanSCAILToVideo"
    ),
    "0.16.4": ("ComfyMathExpression, TencentSmartTopologyNode"),
    "0.17.0": ("FluxKVCache, Painter, ReveImageCreateNode, ReveImageEditNode, ReveImageRemixNode"),
    "0.18.0": ("QuiverImageToSVGNode, QuiverTextToSVGNode"),
    "0.19.0": (
        "ByteDance2FirstLastFrameNode, ByteDance2ReferenceNode, ByteDance2TextToVideoNode, "
        "ComfyNumberConvert, CurveEditor, DrawBBoxes, GrokVideoExtendNode, GrokVideoReferenceNode, "
        "ImageHistogram, LTXVReferenceAudio, RTDETR_detect, Wan2ImageToVideoApi, Wan2ReferenceVideoApi, "
        "Wan2TextToVideoApi, Wan2VideoContinuationApi, Wan2VideoEditApi"
    ),
    "0.19.1": ("SoniloTextToMusic, SoniloVideoToMusic"),
    "0.19.2": ("JsonExtractString"),
    "0.20.0": (
        "ByteDanceCreateImageAsset, ByteDanceCreateVideoAsset, ColorTransfer, FrameInterpolate, "
        "FrameInterpolationModelLoader, HappyHorseImageToVideoApi, HappyHorseReferenceVideoApi, "
        "HappyHorseTextToVideoApi, HappyHorseVideoEditApi, SAM3_Detect, SAM3_TrackPreview, SAM3_TrackToMask, "
        "SAM3_VideoTrack, SUPIRApply"
    ),
    "0.21.0": (
        "ARVideoI2V, EmptyARVideoLatent, GeminiNanoBanana2V2, LoadBackgroundRemovalModel, LumaImageEditNode2, "
        "LumaImageNode2, OpticalFlowLoader, RemoveBackground, SamplerARVideo, TopazVideoEnhanceV2, "
        "VOIDInpaintConditioning, VOIDQuadmaskPreprocess, VOIDSampler, VOIDWarpedNoise, "
        "VOIDWarpedNoiseSource, WanDancerEncodeAudio, WanDancerPadKeyframes, WanDancerPadKeyframesList, "
        "WanDancerVideo"
    ),
    "0.21.1": (
        "ByteDanceSeedreamNodeV2, ClaudeNode, EmptyHiDreamO1LatentImage, Flux2ImageNode, GrokImageEditNodeV2, "
        "HiDreamO1PatchSeamSmoothing, HiDreamO1ReferenceImages, ModelNoiseScale, OpenAIGPTImageNodeV2, "
        "SamplerLCM"
    ),
    "0.22.0": (
        "ByteDanceSeedNode, GetICLoRAParameters, LoadMoGeModel, MoGeInference, MoGePanoramaInference, "
        "MoGePointMapToMesh, MoGeRender, StringFormat"
    ),
    "0.23.0": (
        "BeebleSwitchXImageEdit, BeebleSwitchXVideoEdit, ComfyAndNode, ComfyNotNode, ComfyOrNode, "
        "CreateCameraInfo, File3DToSplat, FluxEraseNode, FluxVTONode, GetSplatCount, Krea2ImageNode, "
        "Krea2StyleReferenceNode, LoadMediaPipeFaceLandmarker, MediaPipeFaceLandmarker, MediaPipeFaceMask, "
        "MediaPipeFaceMeshVisualize, MergeSplat, MultiGPU_WorkUnits, OpenRouterLLMNode, PiDConditioning, "
        "Preview3DAdvanced, RenderSplat, Rodin3D_Gen25_Image, Rodin3D_Gen25_Text, SaveImageAdvanced, "
        "SelectCLIPDevice, SelectModelDevice, SelectVAEDevice, SplatToFile3D, SplatToMesh, TransformSplat, "
        "TripoP1ImageToModelNode, TripoP1MultiviewToModelNode, TripoP1TextToModelNode, "
        "TripoSplatConditioning, TripoSplatPreprocessImage, TripoSplatSamplingPreview, VAEDecodeTripoSplat"
    ),
    "0.24.0": ("CFGOverride, DualModelGuider, Ideogram4Scheduler, IdeogramV4"),
    "0.25.0": (
        "BerniniConditioning, BriaTransparentVideoBackground, BriaVideoGreenScreen, "
        "BriaVideoReplaceBackground, DA3GeometryToMesh, DA3Inference, DA3Render, GeminiNodeV2, LoadDA3Model, "
        "PreviewGaussianSplat, PreviewPointCloud, RunwayAleph2KeyframeNode, RunwayAleph2PromptImageNode, "
        "RunwayAleph2VideoToVideoNode, SCAIL2ColoredMask, SaveAudioAdvanced, TripoImportModelNode"
    ),
    "0.26.0": (
        "LTXVContextWindows, Load3DAdvanced, LumaRay32ExtendVideoNode, LumaRay32ImageToVideoNode, "
        "LumaRay32KeyframeNode, LumaRay32KeyframesToVideoNode, LumaRay32TextToVideoNode, "
        "LumaRay32VideoEditNode, LumaRay32VideoReframeNode, TextEncodeBooguEdit"
    ),
    "0.27.0": (
        "BuildJsonPromptIdeogram, ConditioningMultiply, ConvertArrayToString, ConvertDictionaryToString, "
        "CreateBoundingBoxes, GLSLShader, GeminiVideoOmni, ModelMergeKrea2, SeedNode"
    ),
    "0.28.0": (
        "ByteDanceSeedAudio, Save3DAdvanced, SaveGaussianSplat, SavePointCloud, SaveText, "
        "SeedVR2Conditioning, SeedVR2PostProcessing, SeedVR2Preprocess, SeedVR2TemporalChunk, "
        "SeedVR2TemporalMerge, SyncLipSyncNode, SyncTalkingImageNode, TextOverlay"
    ),
    "0.29.0": (
        "AnimaLLLiteApply, HeyGenAvatarVideoNode, HeyGenCreateAvatarNode, HeyGenTalkingPhotoNode, "
        "HeyGenTextToSpeechNode, HeyGenVideoTranslateNode, LoadVideoDataSetFromFolder, "
        "LoadVideoTextDataSetFromFolder, ShuffleVideoDataset, ShuffleVideoTextDataset, "
        "TextEncodeJoyImageEdit, TextEncodeMageFlowEdit, VideoFrameSample, VideoRandomTemporalCrop, "
        "VideoTemporalCrop, WanUni3CControlnetApply"
    ),
    "0.30.0": (
        "EmptyMiniMaxH3LatentAV, IdeogramPImage, MiniMaxH3ImageToVideo, MiniMaxH3ReferenceToVideo, "
        "MiniMaxH3SigmaShift, MinimaxHailuo03FirstLastFrameNode, MinimaxHailuo03ReferenceNode, "
        "MinimaxHailuo03TextToVideoNode"
    ),
    "0.31.0": (
        "AddLayer, ByteDanceSeedreamLayerSeparationNode, Flux3ImageToVideoNode, Flux3TextToVideoNode, "
        "Flux3VideoContinuationNode, ImageCompositor, LayersFromBoundingBoxes, TopazImageEnhanceV2, "
        "WanAnimate2Cache, WanAnimate2ToVideo"
    ),
    "0.32.0": (
        "LTXVDualCFGGuider, LTXVDurationPredictor, LTXVModalityGuidance, LTXVSpatioTemporalGuidance, "
        "LtxApi25AudioToVideo, LtxApi25ImageToVideo, LtxApi25TextToVideo, ModelAttentionBackend, "
        "QwenImageEditApi, QwenImageTextToImageApi"
    ),
    "0.33.0": (
        "BriaEraser, BriaExpandImage, BriaGenFill, BriaIncreaseResolution, EmptyMiniMaxMusic3LatentAudio, "
        "MiniMaxMusic3TextEncode, MinimaxHailuo03ContextIRNode, MinimaxHailuo03RegenerateNode"
    ),
    "0.33.0+": (
        "ApplyTextureToMesh, BakeAmbientOcclusion, BakeNormalMapFromMesh, BakeTextureFromVoxel, "
        "ByteDance2ReferenceNodeV2, ByteDanceSeedreamNodeV3, ByteDanceVideoEnhanceNode, DecimateMesh, "
        "EmptyTrellis2LatentStructure, FillHoles, FishAudioInstantVoiceClone, FishAudioSpeechToText, "
        "FishAudioTextToSpeech, FishAudioVoiceSelector, FluxVideoUpscaleNode, GetMeshInfo, ImageCropToMask, "
        "MergeMeshes, MeshSmoothNormals, MeshTextureToImage, MeshToFile3D, MiniMaxH3AddGuide, "
        "MoGeGeometryToFOV, PaintMesh, Pixal3DConditioning, RemeshMesh, RenderMesh, RenderUVAtlas, "
        "RotateMesh, Trellis2Conditioning, Trellis2ShapeStage, Trellis2TextureStage, Trellis2UpsampleStage, "
        "UnwrapMesh, VaeDecodeShapeTrellis, VaeDecodeStructureTrellis2, VaeDecodeTextureTrellis, WeldVertices"
    ),
}
"""Versions, oldest first, and the classes that came with them, between commas."""
